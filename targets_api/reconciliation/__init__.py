"""What is here compared with what enrolment has, and the pace of targets summarised and told again."""
