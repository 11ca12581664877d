"""How runs, engines and cards look from outside: no path, no argument list."""

from gpu_host.engines.port import Engine
from gpu_host.gpu import Card
from gpu_host.host import Host
from gpu_host.watch.run import Run


def run_view(host: Host, run: Run) -> dict:
    snapshot = run.snapshot()
    return {
        "id": run.asked.id,
        "engine": run.asked.engine,
        "state": snapshot.state,
        "stage": snapshot.stage,
        "step": snapshot.step,
        "total": snapshot.total,
        "loss": snapshot.loss,
        "eta_seconds": snapshot.eta_seconds,
        "resumed_from_step": snapshot.resumed_from_step,
        "warnings": snapshot.warnings,
        "failure": snapshot.failure,
        "resume": host.resume_of(run),
        "files": sorted(name for name, path in snapshot.files.items() if (run.folder / path).is_file()),
        "results": snapshot.results,
        "events": len(run.events.events),
    }


def engine_view(engine: Engine) -> dict:
    families = [{"id": family, "problems": engine.family_problems(family)} for family in engine.families]
    problems = engine.problems()
    if not problems and families and all(family["problems"] for family in families):
        problems = ["No model family can be trained yet: `families` says what each lacks."]
    return {
        "id": engine.id,
        "title": engine.title,
        "version": engine.version(),
        "licence": engine.licence,
        "ready": not problems,
        "problems": problems,
        "families": families,
        "capabilities": engine.capabilities,
        "models": engine.models(),
    }


def gpu_view(cards: list[Card], engine_of: dict[int, str], owner: str | None) -> dict:
    return {
        "owner": owner,
        "cards": [
            {
                "name": card.name,
                "vram_total": card.total,
                "vram_free": card.free,
                "ours": [{"engine": name, "vram": card.used_by[pid]} for pid, name in engine_of.items() if pid in card.used_by],
            }
            for card in cards
        ],
    }
