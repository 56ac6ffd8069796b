"""Error codes of single providers, mostly numbers, and the fault that each means.

Codes that several providers share are in ``upstream/failures/faults.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from oneapi.domain.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class ErrorCodes:
    """The fault that each code means. Codes are in lower case, and found in an error's ``code``, ``type`` or status."""

    link: str = ""
    meanings: Mapping[str, Fault] = field(factory=dict)


NO_CODES = ErrorCodes()


def _codes(link: str, **codes: str) -> ErrorCodes:
    """``codes``: the name of a fault -> the codes that mean it, separated by spaces."""
    return ErrorCodes(
        link, {code: Fault(fault) for fault, listed in codes.items() for code in listed.split()}
    )


ZHIPU = _codes(
    "https://docs.z.ai/api-reference/api-code",
    account="1000 1001 1002 1003 1004 1110 1111 1112 1113 1121 1309",
    setup="1211 1220 1221 1222 1311",
    request="1301",
    service="500 1120 1230 1234 1302 1303 1304 1305 1308 1310 1312",
)
MINIMAX = _codes(
    "https://platform.minimax.io/docs/api-reference/errorcode",
    account="1004 1008 2049",
    request="1026 1027 1039 1042 2013",
    service="1000 1001 1002 1024 1033 1041 2045 2056",
)
BAIDU = _codes(
    "https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh",
    account="6 13 14 15 100 110 111",
    setup="3 336004",
    service="1 2 4 17 18 19 336000 336100 336200 336501 336502 336503 336504 336505",
)
SPARK = _codes(
    "https://www.xfyun.cn/doc/spark/Web.html",
    account="10313 11200",
    request="10013 10014 10019 10907",
    service="10000 10001 10002 10005 10006 10007 10008 10010 10011 10012 10110 11201 11202 11203",
)
CLOUDFLARE = _codes(
    "https://developers.cloudflare.com/workers-ai/platform/errors/",
    account="5018 6003 6111 9106 9109 10000 10001",
    setup="3036 3041 5007 7000 7003",
    service="3007 3008 3040 3042",
)
SILICONFLOW = _codes(
    "https://docs.siliconflow.cn/cn/faqs/error-code",
    account="30001",
    setup="20012 30003",
    service="50505 50603",
)
COZE = _codes(
    "https://www.coze.com/docs/developer_guides/coze_error_codes",
    account="4008 4009 4011 4027 4028 4100 4101 700012006",
    setup="4015 4200",
    service="4013 4019 4020 5000 5004 5005",
)
#: Here ``insufficient_quota`` means too many tokens per minute; elsewhere it means an empty account.
DASHSCOPE = _codes(
    "https://www.alibabacloud.com/help/en/model-studio/error-code",
    service="insufficient_quota",
)
DEEPL = _codes(
    "https://developers.deepl.com/docs/best-practices/error-handling",
    account="403 456",
)
