import { useLocation, useNavigate, useParams } from "react-router";

/** A list at `path` with forms on top at `path`/add and `path`/edit/:id; the list's filters stay in the URL. */
export function useFormOverList(path: string) {
  const { pathname, search } = useLocation();
  const { id } = useParams();
  const navigate = useNavigate();
  return {
    addPath: `${path}/add${search}`,
    adding: pathname === `${path}/add`,
    /** The id of the edited row. */
    editing: id === undefined ? undefined : Number(id),
    close: () => navigate(`${path}${search}`),
  };
}
