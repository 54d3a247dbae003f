"""The page in Vietnamese."""

from typing import Final

from notifications.action_links.words import Fields, PageWords
from notifications.channels.mail.vietnamese import VIETNAMESE as MAIL

VIETNAMESE: Final = PageWords(
    mail=MAIL,
    title="Trả lời cảnh báo",
    other_language="English",
    states={
        "open": "Chưa ai tiếp nhận cảnh báo này.",
        "acknowledged": "{by} đã tiếp nhận lúc {at}. Chưa có báo cáo.",
        "reported": "{reporter} đã báo cáo lúc {at}.",
        "resolved": "Cảnh báo đã kết thúc lúc {at}: không phải làm gì thêm.",
    },
    report_due="Hạn báo cáo: {at}.",
    reported="Nguyên nhân: {causes}. Biện pháp: {planned} đang thực hiện, {done} đã xong, {missed} quá hạn.",
    acknowledge="Tiếp nhận",
    acknowledge_hint="Để mọi người biết ai đang xử lý.",
    acknowledge_button="Tôi tiếp nhận",
    report="Báo cáo nguyên nhân và biện pháp",
    report_again="Báo cáo bổ sung",
    report_hint="Đánh dấu nguyên nhân, và ghi ít nhất một biện pháp. Không ghi tên người tham gia.",
    report_button="Gửi báo cáo",
    causes="Nguyên nhân",
    more_causes="Các nguyên nhân còn lại, theo chữ cái đầu:",
    remedies="Biện pháp",
    remedy="Biện pháp {n}",
    more_remedies="Thêm biện pháp",
    fields=Fields(
        name="Họ tên của bạn",
        note="Ghi chú",
        cause_note="Nói rõ hơn: {cause}",
        what="Làm gì",
        who="Ai thực hiện",
        due_on="Xong trước hết ngày",
    ),
    optional="không bắt buộc",
    to_correct="Chưa ghi nhận. Hãy sửa và gửi lại:",
    in_field="{field}: {mistake}",
    mistakes={
        "missing": "hãy điền vào đây",
        "too_long": "quá dài, hãy viết ngắn hơn",
        "unreadable": "có ký tự không nhìn thấy được, chẳng hạn ký tự ghép biểu tượng cảm xúc: hãy xóa đi",
        "no_name": "hãy ghi họ tên bằng chữ, nhiều nhất 200 ký tự",
        "not_a_day": "hãy chọn một ngày",
        "over": "ngày này đã qua, hãy chọn từ hôm nay trở đi",
        "no_cause": "hãy đánh dấu ít nhất một nguyên nhân",
        "too_many": "hãy đánh dấu nhiều nhất 20 nguyên nhân",
        "other": "hãy nói rõ nguyên nhân khác là gì",
        "no_remedy": "hãy ghi ít nhất một biện pháp",
        "unknown": "nguyên nhân này không còn trong danh mục, hãy chọn nguyên nhân khác",
        "refused": "không được chấp nhận, hãy sửa lại",
    },
    refusals={
        "no-such-link": (
            "Không có liên kết này",
            "Hãy mở đúng liên kết trong thư; nếu nó bị ngắt thành nhiều dòng, hãy chép đủ các dòng.",
        ),
        "link-is-over": (
            "Liên kết đã hết hạn",
            "Hãy dùng liên kết trong thư mới nhất về cảnh báo này, hoặc hỏi cơ quan BHXH.",
        ),
        "link-revoked": (
            "Liên kết không còn hiệu lực",
            "Cảnh báo nay được gửi đến địa chỉ khác. Hãy hỏi cơ quan BHXH.",
        ),
        "form-not-confirmed": (
            "Chưa ghi nhận",
            "Trình duyệt phải giữ cookie của trang này. Hãy kiểm tra lại và gửi lần nữa.",
        ),
        "too-many-answers": (
            "Đã trả lời quá nhiều lần",
            "Những gì đã gửi vẫn được ghi nhận. Hãy chờ một giờ rồi gửi tiếp.",
        ),
        "malformed": (
            "Chưa ghi nhận: không đọc được biểu mẫu",
            "Hãy mở lại liên kết trong thư và gửi biểu mẫu từ trang đó.",
        ),
        "stale-version": (
            "Chưa ghi nhận: cảnh báo vừa thay đổi",
            "Trang này cho thấy tình hình mới. Hãy xem lại và gửi lần nữa nếu vẫn cần.",
        ),
        "already-acknowledged": ("Cảnh báo đã được tiếp nhận trước đó", "Không phải tiếp nhận nữa."),
        "already-resolved": ("Cảnh báo đã kết thúc", "Không phải làm gì thêm."),
    },
    broken=("Hiện chưa thực hiện được", "Hãy thử lại sau ít phút; nếu vẫn không được, hãy báo cơ quan BHXH."),
    privacy="Tên và những gì bạn ghi được lưu cùng cảnh báo. Liên kết này chỉ dành cho người nhận thư.",
)
