/** Whether an error of the system or of gRPC has this code. */
export function hasCode(failure: unknown, code: string | number): boolean {
  return typeof failure === 'object' && failure !== null && 'code' in failure && failure.code === code;
}
