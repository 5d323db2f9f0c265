// What the engine itself costs per event: canonical events in memory, through the real engine, to the real store.
//
//   engine_bench --config.file=F [--events=1000000] [--partitions=8] [--series=1000] [--span-seconds=1800]
//                [--runs=1] [--batch=1000] [--mix=plain] [--customers=100000] [--disorder-seconds=0]
//                [--duplicate-percent=0] [--commit-bytes=33554432] [--format=canonical] [--bytes=170]
//
// --format=json, avro or protobuf: the events as a shop's records (shop_records.h), which a source of F maps.
// --mix=company: about so many events of the simulated company in place of half leads, half orders; no `series` then.
// F is any configuration with the topic `bench`; storage and brokers in it are not used. Prints CPU nanoseconds of the
// engine's thread per event, how many commits there were, bytes written and resident, and a checksum of all that is
// shown. Under `valgrind --tool=callgrind` it gives instructions: see README.md.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "config/config.h"
#include "pipeline/base/hash.h"
#include "pipeline/engine/engine.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/company_feed.h"
#include "tests/bench/flags.h"
#include "tests/fakes/log_source.h"

namespace tidemark {
namespace {

constexpr char kTopic[] = "bench";
constexpr int64_t kEndMicros = 1'700'006'400 * kMicrosPerSecond;

Flags Defaults() {
  return {{{"config.file", ""}, {"mix", "plain"}, {"format", "canonical"}},
          {{"events", 1'000'000}, {"partitions", 8}, {"series", 1'000}, {"span-seconds", 1'800}, {"runs", 1}, {"batch", 1'000},
           {"customers", 100'000}, {"bytes", 170}, {"disorder-seconds", 0}, {"duplicate-percent", 0}, {"commit-bytes", 32 << 20}}};
}

bool Usable(const Flags& flags) {
  if (const std::string& format = flags.texts.at("format"); format != "canonical" && !ShopFormatOf(format)) return false;
  for (const auto& [name, number] : flags.numbers) {
    if (number == 0 && name != "disorder-seconds" && name != "duplicate-percent") return false;
  }
  const std::string& mix = flags.texts.at("mix");
  return !flags.texts.at("config.file").empty() && (mix == "plain" || mix == "company");
}

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// A number that the kernel keeps of this process.
int64_t FromProc(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1));
  }
  return 0;
}

MemoryLogs MakeLogs(const Flags& options) {
  const auto& number = options.numbers;
  MemoryLogs logs;
  if (options.texts.at("mix") == "company") {
    const auto append = [&](int32_t partition, const std::string& text, int64_t time, const events::v1::Event&) {
      logs[{kTopic, partition}].Append(text, WallTimeFromMicros(time));
      return Status::Ok();
    };
    const int64_t span = number.at("span-seconds") * kMicrosPerSecond;
    TM_CHECK(FeedCompany(number.at("events"), number.at("partitions"), kEndMicros, span, append).ok());
    return logs;
  }
  BenchEvents events({.series = number.at("series"), .customers = number.at("customers"), .bytes = static_cast<size_t>(number.at("bytes")),
                      .shop = ShopFormatOf(options.texts.at("format"))});
  demo::Random random(7);
  for (int64_t n = 0; n < number.at("events"); ++n) {
    const int64_t time =
        SpreadTime(n, number.at("events"), kEndMicros, number.at("span-seconds") * kMicrosPerSecond);
    MemoryLog& log = logs[{kTopic, static_cast<int32_t>(n % number.at("partitions"))}];
    if (!log.records.empty() && random.Between(0, 99) < number.at("duplicate-percent")) {
      constexpr int64_t kBack = 10'000;
      const auto last = static_cast<int64_t>(log.records.size()) - 1;
      const MemoryLog::Record& before = log.records[static_cast<size_t>(last - random.Between(0, std::min(last, kBack)))];
      log.Append(std::string(before.value), before.kafka_time);
      continue;
    }
    const int64_t late = random.Between(0, number.at("disorder-seconds") * kMicrosPerSecond);
    log.Append(events.Next(n, time - late), WallTimeFromMicros(time));
  }
  return logs;
}

// Everything a scrape would show, as one number.
uint64_t Checksum(const View& view) {
  uint64_t sum = 0;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    view.ForEach(KpiId{k}, [&](const SeriesValue& series) {
      std::string text = std::to_string(k) + "|" + std::to_string(series.window) + "|" + series.labels.escaped + "|";
      if (!series.value.absent()) text += series.value.ToString();
      sum += Hash64(text);
    });
  }
  return sum;
}

Status RunOnce(const std::shared_ptr<const Plan>& plan, const Flags& run, MemoryLogs* logs) {
  char directory[] = "/tmp/tidemark-engine-bench-XXXXXX";
  if (mkdtemp(directory) == nullptr) return Unavailable("no temporary directory");
  const std::string path = directory;
  Status status = [&]() -> Status {
    TM_ASSIGN_OR_RETURN(const auto store, RocksStore::Open(path + "/state", RocksOptions()));
    LogSource source(logs);
    const WallTime now = WallTimeFromMicros(kEndMicros);
    source.ProveAt(now);
    source.BatchSize(static_cast<size_t>(run.numbers.at("batch")));
    EngineOptions options;
    const double origin = ThreadSeconds();
    Duration waited{};
    // Commits are paced as they would be in real time, when time is what this thread used.
    const auto clock = [&] { return now + waited + std::chrono::microseconds(static_cast<int64_t>((ThreadSeconds() - origin) * 1e6)); };
    options.stopwatch = clock;
    options.open_panes_bytes = static_cast<uint64_t>(run.numbers.at("commit-bytes"));
    TM_ASSIGN_OR_RETURN(const auto engine, Engine::Open(plan, store.get(), &source, now, std::move(options)));
    const int64_t written = FromProc("/proc/self/io", "wchar"), resident = FromProc("/proc/self/status", "VmRSS") * 1024;
    const double begin = ThreadSeconds();
    // Where nothing is to be had time passes, so that partitions that are read to their ends are seen to be.
    for (int waits = 0; waits < 10;) {
      TM_ASSIGN_OR_RETURN(const Duration wait, engine->Step(clock()));
      waits += wait > Duration::zero() ? 1 : 0;
      waited += wait;
    }
    TM_RETURN_IF_ERROR(engine->Stop(clock()));
    const double seconds = ThreadSeconds() - begin;
    int64_t read = 0;
    for (const PartitionView& partition : engine->view()->partitions()) read += partition.counts.read;
    int64_t sent = 0;
    for (const auto& [tp, log] : *logs) sent += static_cast<int64_t>(log.records.size());
    if (read != sent) return Internal(std::to_string(read) + " of " + std::to_string(sent) + " events were read");
    const EngineStats stats = engine->view()->stats();
    std::printf("{\"events\": %lld, \"ns_per_event\": %.1f, \"commits\": %lld, \"commit_share\": %.3f, \"written_bytes\": %lld, "
                "\"engine_bytes\": %lld, \"checksum\": \"%016llx\"}\n",
                static_cast<long long>(read), seconds * 1e9 / static_cast<double>(read), static_cast<long long>(stats.commits),
                stats.commit_seconds_total / seconds, static_cast<long long>(FromProc("/proc/self/io", "wchar") - written),
                static_cast<long long>(FromProc("/proc/self/status", "VmRSS") * 1024 - resident),
                static_cast<unsigned long long>(Checksum(*engine->view())));
    return Status::Ok();
  }();
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  return status;
}

Status Run(const Flags& options) {
  Specs specs;
  Diagnostics diagnostics;
  LoadConfig(options.texts.at("config.file"), &specs, &diagnostics);
  std::shared_ptr<const Plan> plan;
  if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  if (plan == nullptr) return Invalid(diagnostics.ToString());
  MemoryLogs logs = MakeLogs(options);
  for (int64_t run = 0; run < options.numbers.at("runs"); ++run) {
    TM_RETURN_IF_ERROR(RunOnce(plan, options, &logs));
  }
  return Status::Ok();
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  tidemark::Flags options = tidemark::Defaults();
  if (!options.Parse(argc, argv) || !tidemark::Usable(options)) {
    std::fprintf(stderr, "engine_bench: --config.file=F, and --name=number of events, partitions, series, span-seconds, batch, runs, "
                 "customers, disorder-seconds, duplicate-percent, commit-bytes, or mix=company\n");
    return 2;
  }
  const tidemark::Status status = tidemark::Run(options);
  if (!status.ok()) std::fprintf(stderr, "engine_bench: %s\n", status.text().c_str());
  return status.ok() ? 0 : 1;
}
