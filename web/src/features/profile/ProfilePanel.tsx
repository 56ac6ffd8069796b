/** One's own account: name, password, access token, bindings, invitations. */
export default function ProfilePanel() {
  return null;
}
