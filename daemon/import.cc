// `import`: history from files into an empty state, before the first record of Kafka.
#include <filesystem>
#include <iostream>

#include "daemon/allocator.h"
#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/event_files.h"
#include "daemon/exit_code.h"
#include "daemon/followed_table.h"
#include "daemon/memory.h"
#include "daemon/progress_line.h"
#include "daemon/record_counts.h"
#include "daemon/sorted_events.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/import.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

std::string Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? "100 %" : std::to_string(part * 100 / whole) + " %";
}

// Hands out sorted events as the one partition of an import.
class ImportSource final : public RecordSource {
 public:
  explicit ImportSource(SortedEvents* events) : events_(*events) {}
  bool drained() const { return drained_; }
  int64_t taken() const { return taken_; }

  AssignmentChange Poll() override {
    AssignmentChange change;
    if (!assigned_) change.assigned.push_back(kImportPartition);
    return change;
  }
  Status Assign(std::span<const StartAt>) override {
    assigned_ = true;
    return Status::Ok();
  }
  Result<RecordBatch> Take(PartitionId, size_t max_records) override {
    auto owner = std::make_unique<Events>();
    std::vector<RecordView> views;
    for (std::string event; owner->bytes.size() < max_records; owner->bytes.push_back(std::move(event))) {
      TM_ASSIGN_OR_RETURN(const bool more, events_.Next(&event));
      if (!more) {
        drained_ = true;
        break;
      }
    }
    for (const std::string& bytes : owner->bytes) views.push_back({Offset{taken_++}, WallTime::min(), {}, bytes});
    return RecordBatch(std::move(views), std::move(owner));
  }
  PartitionStatus status(PartitionId) override {
    PartitionStatus status;
    status.position = Offset{taken_};
    return status;
  }
  bool ready(PartitionId) const override { return assigned_ && !drained_; }
  void Wait(Duration) override {}
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>>) override {}

 private:
  struct Events final : RecordBatch::Owner {
    std::vector<std::string> bytes;
  };
  SortedEvents& events_;
  bool assigned_ = false, drained_ = false;
  int64_t taken_ = 0;
};

// What the files hold; all but what is left out.
struct Contents {
  int64_t events = 0, without_time = 0;
  int64_t after_cut = 0, too_far_ahead = 0;  // left out
  EventTime first = EventTime::max(), last = kNoEventTime;
};

class Importer {
 public:
  Importer(const ImportOptions& options, const Specs& specs, std::shared_ptr<const Plan> plan, const MemoryPlan& memory)
      : options_(options), specs_(specs), plan_(std::move(plan)), memory_(memory),
        events_(specs.storage.path + "/import", memory.fetch) {}

  Status Run() {
    if (!options_.dry_run) {
      RocksOptions store;
      store.memory_bytes = memory_.rocksdb;
      store.min_free_disk_bytes = specs_.limits.min_free_disk_bytes;
      TM_ASSIGN_OR_RETURN(store_, RocksStore::Open(specs_.storage.path, store));
      TM_RETURN_IF_ERROR(CheckImport(*store_).In(specs_.storage.path));
    } else if (std::filesystem::exists(specs_.storage.path + "/CURRENT")) {
      RocksOptions store;
      store.read_only = true;
      TM_ASSIGN_OR_RETURN(const auto there, RocksStore::Open(specs_.storage.path, store));
      TM_RETURN_IF_ERROR(CheckImport(*there).In(specs_.storage.path));
    }
    TM_RETURN_IF_ERROR(ReadAll());
    cut_ = options_.until ? *options_.until : contents_.last + Duration(1);
    if (!options_.dry_run) TM_RETURN_IF_ERROR(Count());
    Say();
    return Status::Ok();
  }

 private:
  Status ReadAll() {
    std::vector<std::string> files;
    for (const std::string& input : options_.inputs) {
      TM_ASSIGN_OR_RETURN(const std::vector<std::string> more, EventFiles(input));
      files.insert(files.end(), more.begin(), more.end());
    }
    uint64_t total = 0, before = 0;
    std::error_code ignored;
    for (const std::string& file : files) total += std::filesystem::file_size(file, ignored);
    TM_ASSIGN_OR_RETURN(const std::unique_ptr<ProtoDecoder> decoder, ProtoDecoder::Make(Schema::Canonical(), {}));
    std::vector<Slot> slots(std::max<size_t>(1, decoder->max_slots()));
    ProgressLine progress;
    for (const std::string& file : files) {
      uint64_t read = 0;
      const auto event = [&](std::string_view bytes) {
        EventRow row;
        decoder->Decode(bytes, slots.data(), &row);
        return Take(row.error == DecodeError::kNone && row.has_time ? row.time : kNoEventTime, bytes);
      };
      TM_RETURN_IF_ERROR(ReadEventFile(file, Schema::Canonical(), event, [&](uint64_t bytes) {
        read = bytes;
        progress.Show("reading " + file + ": " + Percent(before + read, total));
      }));
      before += read;
    }
    if (contents_.last == kNoEventTime) return Corrupt("there is no event to import: none has a time before the cut");
    return options_.dry_run ? Status::Ok() : events_.Seal();
  }

  Status Take(EventTime time, std::string_view bytes) {
    // A wrong clock must not move the cut, behind which nothing of Kafka counts.
    if (time != kNoEventTime && Micros(time) > Micros(now_) + specs_.time.max_future_skew.count()) {
      ++contents_.too_far_ahead;
      return Status::Ok();
    }
    if (options_.until && time >= *options_.until) {
      ++contents_.after_cut;
      return Status::Ok();
    }
    ++contents_.events;
    if (time == kNoEventTime) {
      ++contents_.without_time;
    } else {
      contents_.first = std::min(contents_.first, time);
      contents_.last = std::max(contents_.last, time);
    }
    return options_.dry_run ? Status::Ok() : events_.Add(time, bytes);
  }

  Status Count() {
    TM_ASSIGN_OR_RETURN(LookupTables tables, ReadTables(specs_, *plan_));
    TM_RETURN_IF_ERROR(BeginImport(store_.get(), cut_));
    ImportSource source(&events_);
    EngineOptions options = OptionsFor(memory_);
    options.importing = true;
    // No rules: what happened then is no breach now. No sources: what the files don't hold was not to be.
    const auto plan = plan_->Counting(std::vector<bool>(plan_->kpis().size(), true), false);
    {
      TM_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Open(plan, store_.get(), &source, WallNow(), std::move(options)));
      engine->SetTables(std::move(tables));
      ProgressLine progress;
      for (bool more = true; more || !source.drained();) {
        TM_ASSIGN_OR_RETURN(more, engine->Drain(WallNow()));
        progress.Show("counting events: " + Percent(static_cast<uint64_t>(source.taken()), static_cast<uint64_t>(contents_.events)));
      }
      TM_RETURN_IF_ERROR(engine->AdvanceTo(cut_, WallNow()));
      described_ = DescribeRecords(*engine->view());
    }
    return EndImport(store_.get());
  }

  void Say() const {
    const auto line = [](int64_t n, const char* what) {
      if (n != 0) std::cout << "  " << n << " " << what << "\n";
    };
    std::cout << (options_.dry_run ? "would import " : "imported ") << contents_.events << " events, from " << FormatRfc3339(contents_.first) << " to "
              << FormatRfc3339(contents_.last) << "\n";
    line(contents_.without_time, "of them without a time, which count nowhere");
    if (contents_.after_cut + contents_.too_far_ahead != 0) std::cout << "left out\n";
    line(contents_.after_cut, "at or after the cut");
    line(contents_.too_far_ahead, "with a time too far ahead");
    if (!described_.empty()) std::cout << described_ << "\n";
    std::cout << "the cut is " << FormatRfc3339(cut_) << ": from there on events count from Kafka, and only from there on\n";
  }

  const ImportOptions& options_;
  const Specs& specs_;
  const std::shared_ptr<const Plan> plan_;
  const MemoryPlan memory_;
  const WallTime now_ = WallNow();
  std::unique_ptr<RocksStore> store_;
  SortedEvents events_;
  Contents contents_;
  EventTime cut_;
  std::string described_;
};

}  // namespace

int Import(const ImportOptions& options) {
  if (options.until && Micros(*options.until) > Micros(WallNow())) {
    std::cerr << "tidemark: --until is in the future; events until then would not count\n";
    return kExitUsage;
  }
  Specs specs;
  const std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs, [&](Specs* s) {
    if (options.storage_path) s->storage.path = *options.storage_path;
    s->limits.memory_bytes = ProcessBudget(s->limits.memory_bytes);
  });
  if (plan == nullptr) return kExitConfig;
  Result<MemoryPlan> memory = SplitMemory(specs.limits.memory_bytes);
  UseLargePages(specs.limits.memory_bytes);
  const Status status = memory.ok() ? Importer(options, specs, plan, *memory).Run() : memory.status();
  if (!status.ok()) std::cerr << "tidemark: " << status.text() << "\n";
  return ExitCodeOf(status);
}

}  // namespace tidemark
