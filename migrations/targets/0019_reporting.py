"""Views for Grafana, Metabase, Superset and the like, in a schema of their own: docs/reporting.md."""
# ruff: noqa: N999, S608 - a revision is named by its number; the statements are made of our own words

from alembic import op

revision = "targets_0019"
down_revision = "targets_0018"
branch_labels = None
depends_on = None

_SUMS = (
    *("n_new", "n_renewal", "cancelled_new", "cancelled_renewal"),
    *("amount_new", "amount_renewal", "with_amount"),
)
_FIGURES = {
    "new": ("n_new + cancelled_new", "Sign-ups of persons without cover before"),
    "renewal": ("n_renewal + cancelled_renewal", "Sign-ups of persons who had cover"),
    "cancelled": ("cancelled_new + cancelled_renewal", "How many of both were cancelled since"),
    "net": ("n_new + n_renewal", "new + renewal - cancelled"),
    "contributions": ("amount_new + amount_renewal", "What was paid for those that stand, in VND"),
    "without_amount": ("n_new + n_renewal - with_amount", "How many of those that stand have no known amount"),
}
_SCHEME = "household_health or voluntary_social"
_DAY = ("day", "The business day of the sign-up, in Asia/Ho_Chi_Minh")
_MONTH = ("CAST(date_trunc('month', day) AS date)", "The first day of the month")


def _sums(tree: str, span: str, day: tuple[str, str]) -> tuple[str, dict[str, str]]:
    """Of the sums that are rolled up, and what is not yet."""
    fresh, comment = day
    columns = ", ".join(_SUMS)
    figures = ", ".join(f"CAST(sum({of}) AS bigint) AS {name}" for name, (of, _) in _FIGURES.items())
    select = f"""
        SELECT {tree}_code, scheme, {span}, {figures}
        FROM (
            SELECT {tree}_code, scheme, begins_on AS {span}, {columns} FROM {tree}_rollups WHERE span = '{span}'
            UNION ALL
            SELECT ancestor_code, scheme, {fresh}, {columns} FROM tally_deltas JOIN {tree}_ancestors USING ({tree}_code)
        ) AS sums
        GROUP BY {tree}_code, scheme, {span}
        HAVING {" OR ".join(f"sum({name}) <> 0" for name in _SUMS)}
    """
    words = {
        f"{tree}_code": f"The {tree}; the figures are of it and of all below it",
        "scheme": _SCHEME,
        span: comment,
        **{name: said for name, (_, said) in _FIGURES.items()},
    }
    return select, words


_ABOVE = """
    SELECT array_agg(a.ancestor_code ORDER BY a.depth DESC) AS path,
        min(a.ancestor_code) FILTER (WHERE above.level = 'province') AS province_code,
        min(a.ancestor_code) FILTER (WHERE above.level = 'insurance_unit') AS insurance_unit_code,
        min(a.ancestor_code) FILTER (WHERE above.level = 'commune' AND above.apart_until IS NULL) AS commune_code
    FROM unit_ancestors a JOIN units above ON above.code = a.ancestor_code WHERE a.unit_code = u.code
"""
_UNITS = f"""
    SELECT u.code, u.name, u.level, u.parent_code, p.path, p.province_code, p.insurance_unit_code, p.commune_code,
        u.valid_from, u.valid_to
    FROM units u LEFT JOIN LATERAL ({_ABOVE}) AS p ON true
"""
_ORGANISATIONS = """
    SELECT o.code, o.name, o.parent_code,
        (SELECT array_agg(a.ancestor_code ORDER BY a.depth DESC)
         FROM organisation_ancestors a WHERE a.organisation_code = o.code) AS path
    FROM organisations o
"""
_TARGETS = """
    SELECT t.id AS target_id, t.parent_id, t.name, t.unit_code, t.organisation_code, t.scheme, t.measure, t.value,
        t.starts_on, t.ends_on, t.version, t.withdrawn_on, CAST(g.goal AS bigint) AS goal, p.achieved, p.population,
        CASE WHEN t.withdrawn_on IS NULL
            THEN floor(round(CAST(greatest(0, w.attained) * 1000 AS numeric), 6)) / 1000 END AS attained,
        p.status, p.severity, p.lagging AS alert_open, p.reviewed_on
    FROM targets t JOIN target_progress p ON p.target_id = t.id
    CROSS JOIN LATERAL (SELECT greatest(1, CASE t.measure
        WHEN 'coverage' THEN ceil(round(CAST(t.value * coalesce(p.population, 0) AS numeric), 6))
        ELSE ceil(t.value) END) AS goal) AS g
    CROSS JOIN LATERAL (SELECT least(CASE
        WHEN t.measure = 'coverage' AND p.population > 0 AND p.population_at_start > 0
        THEN round(CAST(p.covered_at_start AS double precision) * p.population / p.population_at_start)
        ELSE p.covered_at_start END, g.goal * CAST(0.95 AS double precision)) AS base) AS b
    CROSS JOIN LATERAL (SELECT (p.achieved - b.base) / (g.goal - b.base) AS attained) AS w
    WHERE t.collector_code IS NULL
"""
VIEWS: dict[str, tuple[str, str, dict[str, str]]] = {
    "units": (
        "Provinces, social-insurance units, communes and villages, with those above them",
        _UNITS,
        {
            "code": "Code of the unit",
            "name": "Its name",
            "level": "province, insurance_unit, commune or village",
            "parent_code": "The unit directly above",
            "path": "Codes from the top down to the unit itself",
            "province_code": "The province that it lies in, or is",
            "insurance_unit_code": "The social-insurance unit that it lies in, or is",
            "commune_code": "The commune that it lies in, or is; of a merged one its successor; null above communes",
            "valid_from": "First day on which it exists; null: always",
            "valid_to": "Last day on which it exists; null: without end",
        },
    ),
    "unit_ancestors": (
        "Each unit with itself and all above it: join figures with it to have those below a unit",
        "SELECT unit_code, ancestor_code, depth FROM unit_ancestors",
        {
            "unit_code": "Code of the unit",
            "ancestor_code": "The unit itself, or one above it",
            "depth": "How far above; 0 for itself",
        },
    ),
    "organisations": (
        "Collection organisations, with those above them",
        _ORGANISATIONS,
        {
            "code": "Code of the organisation",
            "name": "Its name",
            "parent_code": "The organisation directly above; null at the top",
            "path": "Codes from the top down to the organisation itself",
        },
    ),
    "unit_days": ("Sign-ups of each unit with all below it, by day", *_sums("unit", "day", _DAY)),
    "unit_months": ("Sign-ups of each unit with all below it, by month", *_sums("unit", "month", _MONTH)),
    "organisation_days": (
        "Sign-ups of each organisation with all below it, by day",
        *_sums("organisation", "day", _DAY),
    ),
    "organisation_months": (
        "Sign-ups of each organisation with all below it, by month",
        *_sums("organisation", "month", _MONTH),
    ),
    "baselines": (
        "How many live in a unit and how many are covered, at the end of a day",
        'SELECT unit_code, scheme, "on", population, covered FROM baselines',
        {
            "unit_code": "Code of the unit",
            "scheme": _SCHEME,
            "on": "The day at whose end it was counted",
            "population": "How many live there",
            "covered": "How many of them the scheme covers",
        },
    ),
    "targets": (
        "Targets of units and organisations, with how far they have come; none of collectors, who are persons",
        _TARGETS,
        {
            "target_id": "Id of the target",
            "parent_id": "The target that it is a share of",
            "name": "What people call it",
            "unit_code": "The unit that it is about; null: any",
            "organisation_code": "The organisation that it is about; null: any",
            "scheme": _SCHEME,
            "measure": "new, renewal, in_force or coverage",
            "value": "Persons, or for coverage a share of the population",
            "starts_on": "First day of its period",
            "ends_on": "Last day of its period",
            "version": "Grows with each revision",
            "withdrawn_on": "The day from which it is no more; null while it stands",
            "goal": "The value in whole persons",
            "achieved": "Persons signed up in the period; for in_force and coverage, persons covered",
            "population": "That the share is of; null without a baseline",
            "attained": "The share of the way from where it began, cut to three decimal places; null once withdrawn",
            "status": "ahead, on_track, behind, met, missed or not_started, as of the last review",
            "severity": "warning or critical, where it lags behind",
            "alert_open": "Whether its alert is open",
            "reviewed_on": "The business day of the last review; null before the first",
        },
    ),
}


def upgrade() -> None:
    """The schema may be there already, with rights for whoever reads it: those of docs/reporting.md."""
    op.execute("CREATE SCHEMA IF NOT EXISTS reporting")
    op.execute(f"COMMENT ON SCHEMA reporting IS {_quoted('Views for reports; see docs/reporting.md')}")
    for name, (comment, select, columns) in VIEWS.items():
        barrier = "WITH (security_barrier)" if name == "targets" else ""
        op.execute(f"CREATE VIEW reporting.{name} {barrier} AS {select}")
        op.execute(f"COMMENT ON VIEW reporting.{name} IS {_quoted(comment)}")
        for column, said in columns.items():
            op.execute(f'COMMENT ON COLUMN reporting.{name}."{column}" IS {_quoted(said)}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
