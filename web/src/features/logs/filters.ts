import { boundsOf, periodNamed } from "./period";

/** As in the URL; `of`: whose rows administrators see. */
export const FILTERS = {
  of: "all",
  period: "7d",
  from: "",
  to: "",
  type: "",
  token: "",
  model: "",
  user: "",
  channel: "",
};
export type Filters = typeof FILTERS;

/** The API query for one's own rows. */
export interface OwnQuery {
  type: number;
  start_timestamp: number;
  end_timestamp: number;
  token_name: string;
  model_name: string;
}

/** The API query for everybody's rows. */
export interface EverybodysQuery extends OwnQuery {
  username: string;
  channel: number;
}

/** `now` in unix seconds. */
export function ownQuery(filters: Filters, now: number): OwnQuery {
  const { start, end } = boundsOf(periodNamed(filters.period), filters.from, filters.to, now);
  return {
    type: wholeNumber(filters.type),
    start_timestamp: start,
    end_timestamp: end,
    token_name: filters.token,
    model_name: filters.model,
  };
}

export function everybodysQuery(filters: Filters, now: number): EverybodysQuery {
  return { ...ownQuery(filters, now), username: filters.user, channel: wholeNumber(filters.channel) };
}

/** The address that exports the rows as CSV. */
export function exportAddress(filters: Filters, everybody: boolean, now: number): string {
  const query = everybody ? everybodysQuery(filters, now) : ownQuery(filters, now);
  const asked = Object.entries(query).filter(([, value]) => value !== 0 && value !== "");
  const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)]));
  return `/api/log/${everybody ? "" : "self/"}export?${search}`;
}

function wholeNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
