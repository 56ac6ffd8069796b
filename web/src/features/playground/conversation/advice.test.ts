import { expect, it } from "vitest";
import { adviceFor } from "./advice";

const failure = (status: number, code = "") => ({ status, code, message: "" });

it("says what to do", () => {
  expect(adviceFor(failure(401), false)).toBe("doSignIn");
  expect(adviceFor(failure(401), true)).toBe("doChangeToken");
  expect(adviceFor(failure(403, "insufficient_user_quota"), true)).toBe("doTopUp");
  expect(adviceFor(failure(403, "pre_consume_token_quota_failed"), true)).toBe("doRaiseToken");
  expect(adviceFor(failure(503), false)).toBe("doChangeModel");
  expect(adviceFor(failure(503, "overloaded"), false)).toBe("doWait");
  expect(adviceFor(failure(429), false)).toBe("doWait");
  expect(adviceFor(failure(0, "unreachable"), false)).toBe("doConnect");
  expect(adviceFor(failure(0, "interrupted"), false)).toBe("doRetry");
  expect(adviceFor(failure(502, "upstream_unreachable"), false)).toBe("doRetry");
  expect(adviceFor(failure(400), false)).toBe("doCorrect");
});
