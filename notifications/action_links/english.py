"""The page in English."""

from typing import Final

from notifications.action_links.words import Fields, PageWords
from notifications.channels.mail.english import ENGLISH as MAIL

ENGLISH: Final = PageWords(
    mail=MAIL,
    title="Answer an alert",
    other_language="Tiếng Việt",
    states={
        "open": "Nobody has acknowledged this alert yet.",
        "acknowledged": "Acknowledged by {by}, {at}. Nothing was reported yet.",
        "reported": "Reported by {reporter}, {at}.",
        "resolved": "The alert was resolved, {at}: nothing is left to do.",
    },
    report_due="A report is due by {at}.",
    reported="Causes: {causes}. Remedies: {planned} planned, {done} done, {missed} not done in time.",
    acknowledge="Acknowledge",
    acknowledge_hint="So that everybody knows who acts.",
    acknowledge_button="I act on it",
    report="Report causes and remedies",
    report_again="Report again",
    report_hint="Mark the causes, and name at least one remedy. Do not name participants.",
    report_button="Send the report",
    causes="Causes",
    more_causes="More causes, by their first letter:",
    remedies="Remedies",
    remedy="Remedy {n}",
    more_remedies="More remedies",
    fields=Fields(
        name="Your name",
        note="Note",
        cause_note="Say more: {cause}",
        what="What is done",
        who="Who does it",
        due_on="Done by the end of",
    ),
    optional="optional",
    to_correct="Nothing was recorded. Correct this, and send it again:",
    in_field="{field}: {mistake}",
    mistakes={
        "missing": "fill this in",
        "too_long": "this is too long, write less",
        "unreadable": "there are signs in it that cannot be seen, such as those that join emoji: delete them",
        "no_name": "give a name with letters, of 200 characters at most",
        "not_a_day": "choose a day",
        "over": "this day is over, choose one from today on",
        "no_cause": "mark at least one cause",
        "too_many": "mark 20 causes at most",
        "other": "say what the other cause is",
        "no_remedy": "name at least one remedy",
        "unknown": "this cause is not in the catalogue any more, choose another one",
        "refused": "this is not accepted, change it",
    },
    refusals={
        "no-such-link": (
            "There is no such link",
            "Open the link of the mail itself; where it is broken over lines, copy all of them.",
        ),
        "link-is-over": (
            "The link has expired",
            "Use the link of the newest mail about this alert, or ask the social insurance agency.",
        ),
        "link-revoked": (
            "The link is no longer valid",
            "Alerts are sent to another address now. Ask the social insurance agency.",
        ),
        "form-not-confirmed": (
            "Nothing was recorded",
            "The browser has to keep cookies of this page. Check what is below, and send it again.",
        ),
        "too-many-answers": (
            "Answered too often",
            "What was sent before is recorded. Wait for an hour before you send more.",
        ),
        "malformed": (
            "Nothing was recorded: the form cannot be read",
            "Open the link of the mail again, and send the form from its page.",
        ),
        "stale-version": (
            "Nothing was recorded: the alert has changed just now",
            "This page shows what it is now. Look at it, and send again what is still needed.",
        ),
        "already-acknowledged": ("The alert was acknowledged before", "It need not be acknowledged again."),
        "already-resolved": ("The alert is resolved", "Nothing is left to do."),
    },
    broken=("This cannot be done now", "Try again in some minutes; if it stays, tell the social insurance agency."),
    privacy="Your name and what you write are kept with the alert. The link is for whoever got the mail alone.",
)
