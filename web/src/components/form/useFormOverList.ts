import { useLocation, useNavigate, useParams } from "react-router";

/** A list at `path` whose forms stand over it, at `path`/add and `path`/edit/:id; its filters stay in the address. */
export function useFormOverList(path: string) {
  const { pathname, search } = useLocation();
  const { id } = useParams();
  const navigate = useNavigate();
  return {
    addPath: `${path}/add${search}`,
    adding: pathname === `${path}/add`,
    /** The id of what is edited. */
    editing: id === undefined ? undefined : Number(id),
    close: () => navigate(`${path}${search}`),
  };
}
