// `replay`: the engine itself over files, with a store that forgets.
#include <filesystem>
#include <iostream>

#include "daemon/allocator.h"
#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/event_files.h"
#include "daemon/exit_code.h"
#include "daemon/memory.h"
#include "daemon/progress_line.h"
#include "daemon/record_counts.h"
#include "daemon/replay_output.h"
#include "daemon/replay_source.h"
#include "pipeline/engine/engine.h"
#include "pipeline/store/memory_store.h"

namespace tidemark {
namespace {

std::string Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? "100 %" : std::to_string(part * 100 / whole) + " %";
}

Status Load(const std::string& input, ReplaySource* source, ProgressLine* progress) {
  TM_ASSIGN_OR_RETURN(const std::vector<std::string> files, EventFiles(input));
  uint64_t total = 0, before = 0;
  std::error_code ignored;
  for (const std::string& file : files) total += std::filesystem::file_size(file, ignored);
  for (const std::string& file : files) {
    uint64_t read = 0;
    TM_RETURN_IF_ERROR(ReadEventFile(
        file, Schema::Canonical(),
        [&](std::string_view event) {
          source->Add(event);
          return Status::Ok();
        },
        [&](uint64_t bytes) {
          read = bytes;
          progress->Show("reading " + file + ": " + Percent(before + read, total));
        }));
    before += read;
  }
  source->Seal();
  return Status::Ok();
}

// Lets the engine apply everything that is released.
Status Drain(Engine* engine, ReplaySource* source, ProgressLine* progress) {
  constexpr int kMaxIdleRounds = 1000;  // a round without a record is normal now and then; many are a fault
  // What was taken may still wait for its turn: the engine is done when it would wait for more.
  Duration wait{};
  for (int idle = 0; !source->drained() || wait == Duration::zero();) {
    const size_t before = source->taken();
    TM_ASSIGN_OR_RETURN(wait, engine->Step(WallNow()));
    idle = source->taken() == before && wait != Duration::zero() ? idle + 1 : 0;
    if (idle > kMaxIdleRounds) return Internal("the engine takes no more events");
    progress->Show("applying events: " + Percent(source->taken(), source->size()));
  }
  return Status::Ok();
}

void Print(const View& view, EventTime t, ReplayOutput output) {
  switch (output) {
    case ReplayOutput::kJson:
      return PrintJsonLines(view, t, &std::cout);
    case ReplayOutput::kPrometheus:
      return PrintPrometheus(view, &std::cout);
    case ReplayOutput::kTable:
      return PrintTable(view, t, &std::cout);
  }
}

Status Run(const ReplayOptions& options, std::shared_ptr<const Plan> plan, const std::string& topic) {
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<ProtoDecoder> decoder, ProtoDecoder::Make(Schema::Canonical(), {}));
  ReplaySource source(topic, decoder.get());
  std::vector<EventTime> instants = options.at;
  std::shared_ptr<const View> view;
  {
    ProgressLine progress;
    TM_RETURN_IF_ERROR(Load(options.input, &source, &progress));
  }
  if (instants.empty() && source.end() == kNoEventTime) return Corrupt(options.input + ": no event with a time");
  if (instants.empty()) instants.push_back(source.end());
  MemoryStore store;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Open(std::move(plan), &store, &source, WallNow()));
  TM_ASSIGN_OR_RETURN(const Duration first, engine->Step(WallNow()));  // takes up its partition
  static_cast<void>(first);
  for (size_t i = 0; i < instants.size(); ++i) {
    {
      ProgressLine progress;
      source.Release(instants[i]);
      TM_RETURN_IF_ERROR(Drain(engine.get(), &source, &progress));
    }
    TM_RETURN_IF_ERROR(engine->AdvanceTo(instants[i], WallNow()));
    if (i > 0 && options.output == ReplayOutput::kTable) std::cout << "\n";
    Print(*engine->view(), instants[i], options.output);
  }
  const std::string counts = DescribeRecords(*engine->view());
  if (!counts.empty()) std::cerr << "tidemark: " << counts << "\n";
  std::cout.flush();
  return std::cout ? Status::Ok() : Unavailable("standard output cannot be written");
}

}  // namespace

int Replay(const ReplayOptions& options) {
  if (!std::is_sorted(options.at.begin(), options.at.end())) {
    std::cerr << "tidemark: --at must be given in rising order\n";
    return kExitUsage;
  }
  if (options.output == ReplayOutput::kPrometheus && options.at.size() > 1) {
    std::cerr << "tidemark: --output=prometheus shows one instant; give --at once\n";
    return kExitUsage;
  }
  Specs specs;
  const std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs, [](Specs* s) {
    // Files don't say which topic an event came by: all of it is one topic that carries every type. Time is the
    // events'.
    s->topics.resize(std::min<size_t>(s->topics.size(), 1));
    for (TopicSpec& topic : s->topics) {
      topic.events.clear();
      topic.source.clear();
    }
    s->time.event_clock = true;
  });
  if (plan == nullptr) return kExitConfig;
  UseLargePages(ProcessBudget(0));
  const Status status = Run(options, plan, specs.topics.empty() ? "events" : specs.topics[0].name);
  if (status.ok()) return kExitOk;
  std::cerr << "tidemark: " << status.text() << "\n";
  return status.code() == Code::kInvalid ? kExitData : ExitCodeOf(status);
}

}  // namespace tidemark
