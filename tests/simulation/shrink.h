// A failing seed made small: fewer faults, events, steps and KPIs, as long as it fails.
#pragma once

#include <functional>
#include <string>

#include "tests/simulation/simulation.h"

namespace tidemark::simulation {

// Runs it in a process of its own, so that one that dies is a failure like any other. Of the outcome only failure and kpi.
Outcome SimulateAside(const Settings& settings);

// `say` hears of each step that helped. REQUIRES: `failing` fails, as `outcome` says.
Settings Shrink(Settings failing, Outcome outcome, const std::function<Outcome(const Settings&)>& simulate,
                const std::function<void(const std::string&)>& say);

// The command that repeats it.
std::string CommandFor(const Settings& settings);

}  // namespace tidemark::simulation
