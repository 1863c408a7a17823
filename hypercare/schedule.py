"""This module lists everything the clock starts; each entry finds its work in rows, so a missed tick loses nothing."""

BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, task, seconds in [
        ("triage what waits", "triage.waiting", 3.0),
        ("look for the same problems", "triage.suggest", 5.0),
        ("find themes", "triage.themes", 60.0),
        ("follow alert changes", "triage.alert_changes", 3.0),
        ("fold notes into windows", "gateway_ingest.fold_windows", 2.0),
        ("close what came and went", "triage.settle", 30.0),
        ("look after war rooms", "triage.rooms", 5.0),
        ("run errands of notification topics", "gateway_ingest.sns_errands", 30.0),
        ("let rules watch the traffic", "gateway_ingest.watch_traffic", 20.0),
        ("send messages", "core.send_messages", 5.0),
        ("assess exit criteria", "triage.assess", 60.0),
        ("measure the reach of issues", "triage.measure_reach", 20.0),
        ("suggest what issues are by nature", "triage.nature", 30.0),
        ("get second opinions", "triage.second_opinions", 15.0),
        ("score again by changed rules", "triage.rescore", 10.0),
        ("train models that wait, and each night", "triage.learn", 20.0),
        ("let back what is set aside too long", "triage.return_set_aside", 60.0),
        ("read old tickets", "triage.tickets", 20.0),
        ("draft and send reports", "triage.reports", 30.0),
        ("free issues of who left", "triage.owners", 30.0),
        ("begin launches", "core.begin_launches", 60.0),
        ("make partitions of calls", "gateway_ingest.make_partitions", 3600.0),
        ("close days of calls", "gateway_ingest.close_days", 3600.0),
        ("link calls to components", "gateway_ingest.link_components", 60.0),
        ("count ratings that waited", "gateway_ingest.settle_ratings", 60.0),
        ("forget old deliveries", "gateway_ingest.forget_batches", 3600.0),
        ("drop old calls", "gateway_ingest.drop_old_calls", 3600.0),
        ("add minutes of calls up to hours", "gateway_ingest.add_up_hours", 60.0),
        ("keep evidence near reports", "gateway_ingest.keep_evidence", 60.0),
        ("forget old answers", "core.forget_old", 3600.0),
    ]
}

# What a worker does by itself while the broker is away, and every how many seconds: the same rows, without being told.
STANDBY_TASKS = {
    "triage.waiting": 1.0,
    "triage.alert_changes": 1.0,
    "triage.suggest": 5.0,
    "core.send_messages": 1.0,
    "gateway_ingest.fold_windows": 2.0,
    "gateway_ingest.sns_errands": 30.0,
    "gateway_ingest.watch_traffic": 20.0,
    "gateway_ingest.link_components": 60.0,
    "gateway_ingest.settle_ratings": 60.0,
    "triage.settle": 30.0,
    "triage.rooms": 5.0,
    "triage.return_set_aside": 60.0,
    "triage.rescore": 10.0,
    "triage.reports": 30.0,
    "triage.owners": 30.0,
    "triage.assess": 60.0,
    "gateway_ingest.add_up_hours": 60.0,
    "core.begin_launches": 60.0,
}
