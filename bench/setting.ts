/** A variable that the benchmark gives its programs. Throws when it is not there. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: this program is started by npm run bench`);
  return value;
}
