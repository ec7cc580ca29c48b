"""A model behind FastAPI whose requests and answers are collected for a monitor.

Run it from Plumbline's folder: uvicorn docs.examples.serve:app
Then: curl -X POST localhost:8000/predict -H 'content-type: application/json' -d '{"distance": 1400, "carrier": "UA"}'
"""

import os

from fastapi import FastAPI
from pydantic import BaseModel

from engine.collect import CollectMiddleware, open_collector

collector = open_collector(
    os.environ.get("COLLECT", "logs"),
    version="2013-03",
    sample=float(os.environ.get("SAMPLE", "1")),
    redact=["passenger"],
    seconds=float(os.environ.get("SECONDS", "30")),
)
app = FastAPI()
app.add_middleware(CollectMiddleware, collector=collector, path="/predict")


class Flight(BaseModel):
    """What the model is asked about."""

    distance: float
    carrier: str
    passenger: str | None = None


class Answer(BaseModel):
    """What it says."""

    late_probability: float
    predicted_late: bool


@app.post("/predict")
async def predict(flight: Flight) -> Answer:
    if flight.carrier == "BROKEN":
        raise RuntimeError("a model that fails")
    late = 1 / (1 + flight.distance / 1000)
    return Answer(late_probability=late, predicted_late=late > 0.5)
