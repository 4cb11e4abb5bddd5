import { SubjectError, subjectRef } from './subject';

describe('a subject', () => {
  it('is target, tenant and key', () => {
    expect(subjectRef('orderSaga', 'acme', 'order-1')).toEqual({
      subject: 'orderSaga/acme/order-1',
      target: 'orderSaga',
      tenantId: 'acme',
      key: 'order-1',
    });
  });

  it.each([
    ['a/b', 'c', 'a', 'b/c'],
    ['a%2Fb', 'c', 'a/b', 'c'],
    ['a', 'b%', 'a%2F', 'b'],
  ])('of (%s, %s) is not that of (%s, %s)', (tenant, key, otherTenant, otherKey) => {
    expect(subjectRef('t', tenant, key).subject).not.toBe(subjectRef('t', otherTenant, otherKey).subject);
  });

  it('has no slash, percent sign or control character from its parts', () => {
    expect(subjectRef('t', 'a', '1/2%\u0000\n').subject).toBe('t/a/1%2F2%25%00%0A');
  });

  it.each([
    ['no-key', ''],
    ['subject-too-long', 'k'.repeat(600)],
    ['subject-too-long', '\u6c34'.repeat(400)],
  ])('is refused as %s', (code, key) => {
    expect(() => subjectRef('t', 'acme', key)).toThrow(expect.objectContaining({ code }));
    expect(() => subjectRef('t', 'acme', key)).toThrow(SubjectError);
  });
});
