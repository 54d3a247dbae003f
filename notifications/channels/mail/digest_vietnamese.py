"""Digests in Vietnamese."""

from typing import Final

from notifications.channels.mail.digest_words import DigestWords

VIETNAMESE: Final = DigestWords(
    title="{where}: {open} cảnh báo đang mở ({critical} nghiêm trọng), {overdue} việc quá hạn",
    title_empty="{where}: không có cảnh báo nào đang mở",
    everything="Tất cả đơn vị",
    opening={
        "day": "{where}: bản tổng hợp hằng ngày, từ {since} đến {until}.",
        "week": "{where}: bản tổng hợp hằng tuần, từ {since} đến {until}.",
    },
    nothing="Không có cảnh báo nào đang mở, và không có gì thay đổi trong thời gian này.",
    heading_changes="Thay đổi trong thời gian này",
    changes={
        "raised": "Cảnh báo mới",
        "worsened": "Nặng hơn",
        "acknowledged": "Đã tiếp nhận",
        "timed_out": "Đã tiếp nhận, hết hạn mà chưa báo cáo",
        "reported": "Đã báo cáo",
        "report_overdue": "Báo cáo bị quá hạn",
        "remedy_done": "Biện pháp đã thực hiện",
        "remedy_missed": "Biện pháp không thực hiện đúng hạn",
        "escalated": "Chuyển cấp trên",
        "caught_up": "Đã đạt lại tiến độ",
        "withdrawn": "Chỉ tiêu được rút lại",
        "ended": "Được kết thúc thủ công",
    },
    no_changes="Không có gì thay đổi.",
    heading_open="Đang mở",
    open={
        "critical": "Mức nghiêm trọng",
        "warning": "Mức cảnh báo",
        "unacknowledged": "Chưa có ai tiếp nhận",
        "acknowledged": "Đã tiếp nhận, chưa báo cáo",
        "reported": "Đã báo cáo",
        "silenced": "Đang tạm dừng thông báo",
    },
    heading_units="Theo đơn vị",
    columns=("Đơn vị", "Nghiêm trọng", "Cảnh báo", "Chưa tiếp nhận", "Quá hạn"),
    unit="{name}: {critical} nghiêm trọng, {warning} cảnh báo, {unacknowledged} chưa tiếp nhận, {overdue} quá hạn",
    more_units="và {n} đơn vị khác.",
    itself="Chính đơn vị này hoặc không thuộc đơn vị nào",
    heading_overdue="Quá hạn: {n}",
    overdue={
        "acknowledgement": "{who}: chưa có ai tiếp nhận, từ {at}",
        "report": "{who}: chưa có báo cáo, hạn {day}",
        "remedy": "{who}: biện pháp chưa thực hiện, hạn {day}",
    },
    heading_due="Đến hạn trước bản tổng hợp tiếp theo: {n}",
    due={
        "acknowledgement": "{who}: chưa có ai tiếp nhận, từ {at}",
        "report": "{who}: báo cáo, hạn {day}",
        "remedy": "{who}: biện pháp, hạn {day}",
    },
    remedy="{task}: {what} ({by})",
    more_tasks="và {n} việc khác.",
    silenced="{task} [đang tạm dừng thông báo]",
    heading_causes="Nguyên nhân đã báo cáo của các cảnh báo đang mở",
    cause="{name}: {n}",
    heading_gravest="Chậm nhất",
    next="Bản tổng hợp tiếp theo: {at}.",
    label="Xem cảnh báo",
)
