/** The server's rules for account fields, checked before sending. */
export const nameFits = (name: string) => name.trim() !== "" && [...name.trim()].length <= 12;

export const displayNameFits = (name: string) => [...name].length <= 20;

export const passwordFits = (password: string) => {
  const { length } = [...password];
  return length >= 8 && length <= 20;
};
