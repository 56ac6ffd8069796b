import { BIGGEST } from "./usage";

const COLOURS = ["blue.6", "orange.5", "teal.6", "grape.5", "yellow.5", "red.6", "cyan.4", "lime.7"];

/** The colour of the model with this rank; smaller models share one. */
export function colourOf(place: number): string {
  return (place < BIGGEST && COLOURS[place]) || "gray.5";
}
