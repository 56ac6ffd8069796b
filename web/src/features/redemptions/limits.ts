/** The largest number of codes created at once. */
export const MOST_AT_ONCE = 100;
const LONGEST_NAME = 20;

export function nameFits(name: string): boolean {
  const { length } = [...name];
  return name.trim() !== "" && length <= LONGEST_NAME;
}
