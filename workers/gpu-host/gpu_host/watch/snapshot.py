"""What a run's events add up to."""

from dataclasses import dataclass, field

LAST = ("succeeded", "failed", "canceled")


@dataclass
class Snapshot:
    state: str = "preparing"
    stage: str | None = None
    step: int = 0
    total: int | None = None
    loss: float | None = None
    eta_seconds: int | None = None
    resumed_from_step: int = 0
    warnings: list[dict] = field(default_factory=list)
    failure: dict | None = None
    keep: bool = True
    # name -> path inside the run's folder
    files: dict[str, str] = field(default_factory=dict)
    results: list[dict] = field(default_factory=list)
    saved_steps: list[int] = field(default_factory=list)
    log_classes: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.state in LAST


def apply(snapshot: Snapshot, event: dict) -> None:
    match event["type"]:
        case "stage":
            snapshot.stage = event["name"]
        case "started":
            snapshot.state = "running"
            snapshot.resumed_from_step = snapshot.step = event["resumed_from_step"]
        case "step":
            snapshot.step, snapshot.total = event["step"], event["total"]
            snapshot.loss, snapshot.eta_seconds = event["loss"], event["eta_seconds"]
        case "sample":
            snapshot.files[event["name"]] = event["_path"]
        case "saved":
            if event["name"]:
                snapshot.files[event["name"]] = event["_path"]
            else:
                snapshot.saved_steps.append(event["step"])
        case "log":
            snapshot.log_classes.append(event["class"])
        case "warning":
            snapshot.warnings.append({"code": event["code"], "message": event["message"]})
        case "canceling":
            snapshot.state, snapshot.keep = "canceling", event["keep"]
        case "canceled":
            snapshot.state = "canceled"
            if not event["kept"]:
                snapshot.files, snapshot.saved_steps = {}, []
        case "failed":
            snapshot.state, snapshot.failure = "failed", {"code": event["code"], "message": event["message"]}
        case "succeeded":
            snapshot.state, snapshot.results = "succeeded", event["files"]
            snapshot.files |= event["_paths"]
