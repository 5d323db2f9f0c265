// The stages of an event's way one by one, each over the real parts, for counting instructions:
//
//   valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file=DIR/out stage_bench --config.file=F [--events=20000]
//
// leaves one file a stage, which says the stage and its instructions, and prints `stage units` lines: what to divide them by.
// instructions.py does that. Half of the events are leads, half orders, in two panes; F reads the topic `bench`.
#include <valgrind/callgrind.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "config/config.h"
#include "daemon/exposition.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/memory_source.h"
#include "pipeline/engine/router.h"
#include "pipeline/store/memory_store.h"
#include "pipeline/window/labels.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/flags.h"

namespace tidemark {
namespace {

constexpr int64_t kEndMicros = 1'700'006'400 * kMicrosPerSecond;

class Stages {
 public:
  Stages(std::shared_ptr<const Plan> plan, int64_t events)
      : plan_(std::move(plan)), entities_(&store_, 64 << 20, 0), router_(*plan_, &entities_, &tables_) {
    BenchEvents generator({.series = 200, .customers = 500});
    for (int64_t n = 0; n < events; ++n) texts_.push_back(generator.Next(n, SpreadTime(n, events, kEndMicros, 2 * kMicrosPerMinute)));
    rows_.resize(texts_.size());
    slots_.resize(texts_.size() * plan_->decoder().max_slots());
    uint32_t number = 0;
    for (const TablePlan& table : plan_->tables()) {
      std::vector<ColumnState> columns(table.columns.size());
      for (ColumnState& column : columns) column.number = ++number;
      tables_.push_back(std::make_unique<Table>(table, StoredTable{static_cast<uint32_t>(tables_.size())}, std::move(columns)));
    }
    router_.Resize();
  }

  Status Run() {
    const auto events = static_cast<int64_t>(texts_.size());
    Decode();
    Stage("decode", events, [&] { Decode(); });
    Stage("label key", events, [&] { PackAll(); });
    TM_RETURN_IF_ERROR(Advance(0));
    Route();
    router_.Fold();
    CommitBatch batch;
    TM_RETURN_IF_ERROR(Append(&batch));  // series and windows are there now: what is measured is what happens again and again
    Stage("route", events, [&] { Route(); });
    Stage("pane update", Entries(), [&] { router_.Fold(); });
    batch.Clear();
    Stage("commit encode", Entries(), [&] { TM_CHECK(Append(&batch).ok()); });
    TM_RETURN_IF_ERROR(store_.Commit(batch));
    for (const auto& table : tables_) table->Committed();
    Stage("expiry", Entries(), [&] { TM_CHECK(Advance(75).ok()); });
    return Exposition();
  }

 private:
  // `units`: what the cost is told by.
  static void Stage(const char* name, int64_t units, const std::function<void()>& body) {
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    body();
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
    std::printf("%s: %lld\n", name, static_cast<long long>(units));
  }

  void Decode() {
    for (size_t i = 0; i < texts_.size(); ++i) {
      rows_[i] = EventRow();
      plan_->decoder().Decode(texts_[i], slots_.data() + i * plan_->decoder().max_slots(), &rows_[i]);
    }
  }
  void PackAll() {
    for (const EventRow& row : rows_) {
      for (const TableRoute& route : plan_->routes()[row.type.v].tables) {
        packed_.clear();
        TM_CHECK(PackLabels(route.labels, row, 1024, &packed_));
      }
    }
  }
  void Route() {
    for (const EventRow& row : rows_) TM_CHECK(router_.Apply(row, kNoEventTime, nullptr).ok());
  }
  Status Advance(int64_t minutes) {
    const EventTime t = EventTimeFromMicros(kEndMicros + minutes * kMicrosPerMinute);
    for (const auto& table : tables_) TM_RETURN_IF_ERROR(table->Advance(t, store_));
    return Status::Ok();
  }
  Status Append(CommitBatch* batch) {
    for (const auto& table : tables_) TM_RETURN_IF_ERROR(table->AppendTo(1, store_, batch));
    return Status::Ok();
  }
  // Series of all tables: each has an event in each of the two panes.
  int64_t Entries() const {
    int64_t rows = 0;
    for (const auto& table : tables_) rows += table->rows().size() - 1;
    return 2 * rows;
  }
  Status Exposition() {
    MemoryLogs logs;
    for (const std::string& text : texts_) logs[{"bench", 0}].Append(text, WallTimeFromMicros(kEndMicros));
    MemorySource source(&logs);
    const WallTime now = WallTimeFromMicros(kEndMicros);
    source.ProveAt(now);
    MemoryStore store;
    TM_ASSIGN_OR_RETURN(const auto engine, Engine::Open(plan_, &store, &source, now));
    for (int idle = 0; idle < 3;) {
      TM_ASSIGN_OR_RETURN(const Duration wait, engine->Step(now));
      idle += wait > Duration(0) ? 1 : 0;
    }
    TM_RETURN_IF_ERROR(engine->Commit(now));
    const auto view = engine->view();
    const auto write = [&] {
      StringSink sink;
      TextBuffer out(&sink);
      WriteKpiFamilies(*view, TextFormat::kPrometheus, &out);
      out.Flush();
      return std::move(sink).Take();
    };
    const std::string page = write();
    Stage("exposition", std::count(page.begin(), page.end(), '\n'), [&] { TM_CHECK(write() == page); });
    return Status::Ok();
  }

  const std::shared_ptr<const Plan> plan_;
  MemoryStore store_;
  Entities entities_;
  std::vector<std::unique_ptr<Table>> tables_;
  Router router_;
  std::vector<std::string> texts_;
  std::vector<EventRow> rows_;
  std::vector<Slot> slots_;
  std::string packed_;
};

Status Run(const Flags& flags) {
  Specs specs;
  Diagnostics diagnostics;
  LoadConfig(flags.texts.at("config.file"), &specs, &diagnostics);
  std::shared_ptr<const Plan> plan;
  if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  if (plan == nullptr) return Invalid(diagnostics.ToString());
  return Stages(std::move(plan), flags.numbers.at("events")).Run();
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  tidemark::Flags flags{{{"config.file", ""}}, {{"events", 20'000}}};
  if (!flags.Parse(argc, argv) || flags.texts.at("config.file").empty() || flags.numbers.at("events") < 1'000) {
    std::fprintf(stderr, "stage_bench: --config.file=F [--events=20000]\n");
    return 2;
  }
  const tidemark::Status status = tidemark::Run(flags);
  if (!status.ok()) std::fprintf(stderr, "stage_bench: %s\n", status.text().c_str());
  return status.ok() ? 0 : 1;
}
