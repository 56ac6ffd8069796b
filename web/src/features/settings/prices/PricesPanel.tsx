import type { Values } from "../changes";
export default function PricesPanel({ stored }: { stored: Values }) {
  return stored.ModelRatio;
}
