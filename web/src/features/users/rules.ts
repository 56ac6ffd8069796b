/** What the server asks of an account's fields, so that one reads it before sending. */
export const nameFits = (name: string) => name.trim() !== "" && [...name.trim()].length <= 12;

export const displayNameFits = (name: string) => [...name].length <= 20;

export const passwordFits = (password: string) => {
  const { length } = [...password];
  return length >= 8 && length <= 20;
};
