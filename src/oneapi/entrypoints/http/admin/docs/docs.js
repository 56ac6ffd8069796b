"use strict";

const METHODS = ["get", "post", "put", "delete"];

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A schema as people write types: `{name: string, models: string | null}[]`. */
function typeOf(schema, components, depth = 0) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > 1 ? name : typeOf(components[name], components, depth + 1);
  }
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map((each) => typeOf(each, components, depth)).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items ?? {}, components, depth)}[]`;
  if (schema.type !== "object") return schema.type ?? "any";
  if (!schema.properties) return `{[name]: ${typeOf(schema.additionalProperties || {}, components, depth)}}`;
  const pad = "  ".repeat(depth + 1);
  const lines = Object.entries(schema.properties).map(([name, each]) => {
    const optional = schema.required?.includes(name) ? "" : "?";
    return `${pad}${name}${optional}: ${typeOf(each, components, depth + 1)}`;
  });
  return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}

function parameters(operation) {
  const table = element("table");
  for (const each of operation.parameters) {
    const row = table.insertRow();
    row.append(element("td"), element("td", each.in), element("td", each.schema.type), element("td", each.description));
    row.firstChild.append(element("code", each.name));
  }
  return table;
}

function shown(path, method, operation, components) {
  const details = element("details");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), `method ${method}`), element("code", path), ` ${operation.summary}`);
  const inner = element("div");
  inner.append(element("p", operation.description));
  if (operation.parameters.length) inner.append(element("h4", "Parameters"), parameters(operation));
  const body = operation.requestBody?.content["application/json"].schema;
  if (body) inner.append(element("h4", "Body"), element("pre", typeOf(body, components)));
  const answer = operation.responses["200"].content["application/json"].schema.anyOf[0];
  inner.append(element("h4", "Answer"), element("pre", typeOf(answer, components)));
  details.append(summary, inner);
  details.dataset.text = `${method} ${path} ${operation.summary} ${operation.tags}`.toLowerCase();
  return details;
}

async function show() {
  const main = document.getElementById("operations");
  const spec = await (await fetch("/api/openapi.json")).json();
  document.getElementById("about").textContent = `Version ${spec.info.version}. ${spec.info.description}`;
  for (const tag of spec.tags) {
    const section = element("section");
    section.append(element("h2", tag.name));
    for (const [path, methods] of Object.entries(spec.paths)) {
      for (const method of METHODS) {
        if (methods[method]?.tags.includes(tag.name)) {
          section.append(shown(path, method, methods[method], spec.components.schemas));
        }
      }
    }
    main.append(section);
  }
  document.getElementById("find").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const section of main.children) {
      const found = [...section.querySelectorAll("details")].filter((each) => {
        each.hidden = !words.every((word) => each.dataset.text.includes(word));
        return !each.hidden;
      });
      section.hidden = !found.length;
    }
  });
}

show().catch((error) => document.getElementById("operations").append(element("p", `The document could not be read: ${error}`)));
