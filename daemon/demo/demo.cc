#include "daemon/demo/demo.h"

#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "daemon/clock.h"
#include "daemon/demo/audit.h"
#include "daemon/demo/child.h"
#include "daemon/demo/demo_config.h"
#include "daemon/demo/feed.h"
#include "daemon/demo/ledger.h"
#include "daemon/demo/screen.h"
#include "pipeline/kafka/mock_broker.h"

namespace tidemark {
namespace demo {
namespace {

constexpr const char* kTopic = "company-events";
constexpr int kPartitions = 16;               // the embedded broker keeps 5 MiB of each
constexpr std::chrono::seconds kCatchUp{60};  // how long the daemon may take to start, and to read what was produced
constexpr std::chrono::milliseconds kTick{100};

volatile sig_atomic_t interrupted = 0;

void OnSignal(int) { interrupted = 1; }

// A directory of its own, gone at the end.
class WorkDirectory {
 public:
  static Result<std::unique_ptr<WorkDirectory>> Make() {
    std::error_code error;
    std::string path = (std::filesystem::temp_directory_path(error) / "tidemark-demo-XXXXXX").string();  // mkdtemp wants six X
    if (error || mkdtemp(path.data()) == nullptr) return Unavailable("no temporary directory can be made: " + path);
    return std::unique_ptr<WorkDirectory>(new WorkDirectory(path));
  }
  ~WorkDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  explicit WorkDirectory(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string LastLines(const std::string& text, size_t lines) {
  size_t at = text.size();
  while (lines-- > 0 && at != std::string::npos && at > 0) at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

// One demo from start to end. Threads: confined to one.
class Demo {
 public:
  Demo(const DemoOptions& options, std::unique_ptr<WorkDirectory> work) : options_(options), work_(std::move(work)) {}

  Status Run();
  std::string DaemonLog() const { return LastLines(ReadAll(log_), 15); }

 private:
  Status Prepare();
  Status ProduceHistory();
  Status StartDaemon();
  Status GoLive();
  Status Settle();  // the daemon has read all; compares
  Status Scrape(MetricsPage* page) const;
  void Summarise(const MetricsPage& page);
  ScreenFacts Facts() const;

  const DemoOptions options_;
  const std::unique_ptr<WorkDirectory> work_;
  const std::string log_ = *work_ / "daemon.log";
  Terminal terminal_;
  std::unique_ptr<MockBroker> broker_;
  std::unique_ptr<Feed> feed_;
  Ledger ledger_;
  std::unique_ptr<Child> daemon_;
  std::string url_;
  MetricsPage at_start_;
  std::optional<Duration> ends_;  // steady time
};

Status Demo::Prepare() {
  const std::string& storage = options_.storage_path;
  std::error_code error;
  if (!storage.empty() && std::filesystem::exists(storage, error) && !std::filesystem::is_empty(storage, error)) {
    return Invalid(storage +
                   " is not empty; the demo's broker forgets its records, so its daemon needs a fresh directory");
  }
  TM_ASSIGN_OR_RETURN(broker_, MockBroker::Start());
  TM_RETURN_IF_ERROR(broker_->CreateTopic(kTopic, kPartitions));
  TM_ASSIGN_OR_RETURN(feed_, Feed::Open(broker_->brokers(), kTopic, options_.history));
  return {};
}

Status Demo::ProduceHistory() {
  const EventTime live = EventTimeOfProof(WallNow());
  Duration last_shown = SteadyNow();
  while (feed_->next_arrival() < live && interrupted == 0) {
    TM_RETURN_IF_ERROR(feed_->ProduceDue(&ledger_));
    if (SteadyNow() - last_shown < std::chrono::milliseconds(500)) continue;
    last_shown = SteadyNow();
    const double left =
        static_cast<double>((live - feed_->next_arrival()).count()) / static_cast<double>(options_.history.count());
    terminal_.Progress("Producing history: " + std::to_string(static_cast<int>(100 * (1 - left))) + " %, " +
                       Readable(std::to_string(feed_->facts())) + " events");
  }
  TM_RETURN_IF_ERROR(feed_->Flush());
  terminal_.Say("Produced " + FormatDuration(options_.history) + " of history: " + Readable(std::to_string(feed_->facts())) +
                " events on " + std::to_string(kPartitions) + " partitions of an embedded broker, " +
                std::to_string(feed_->repeated()) + " of them twice.");
  return {};
}

Status Demo::StartDaemon() {
  const std::string config = *work_ / "demo.yaml", port_file = *work_ / "port";
  const std::string storage = options_.storage_path.empty() ? *work_ / "state" : options_.storage_path;
  std::ofstream(config) << DemoConfig({broker_->brokers(), kTopic, storage, options_.listen_address});
  TM_ASSIGN_OR_RETURN(daemon_,
                      Child::StartSelf({"run", "--config.file=" + config, "--web.port-file=" + port_file}, log_));
  const Duration until = SteadyNow() + kCatchUp;
  std::string port;
  while (interrupted == 0) {
    if (const auto ended = daemon_->Poll())
      return Internal("the daemon ended at its start, exit status " + std::to_string(*ended));
    port = ReadAll(port_file);
    port.erase(port.find_last_not_of(" \n") + 1);
    if (!port.empty()) break;
    if (SteadyNow() > until) return Unavailable("the daemon did not start to serve");
    TM_RETURN_IF_ERROR(feed_->ProduceDue(&ledger_));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::string host = options_.listen_address.substr(0, options_.listen_address.rfind(':'));
  const bool any = host.empty() || host == "0.0.0.0" || host == "[::]";
  url_ = "http://" + (any ? "127.0.0.1" : host) + ":" + port;
  terminal_.Say("The daemon reads it. Its page: " + url_ + "/   For Prometheus: " + url_ + "/metrics");
  return {};
}

Status Demo::Scrape(MetricsPage* page) const {
  TM_ASSIGN_OR_RETURN(const std::string text, Fetch(url_ + "/metrics"));
  TM_ASSIGN_OR_RETURN(*page, MetricsPage::Parse(text));
  return {};
}

ScreenFacts Demo::Facts() const {
  ScreenFacts facts{WallNow(), ShownKpis(), feed_->facts() + feed_->repeated(), url_, ""};
  if (ends_) {
    const Duration left = std::max(Duration(0), *ends_ - SteadyNow());
    facts.left = FormatDuration(std::chrono::duration_cast<std::chrono::seconds>(left));
  }
  return facts;
}

Status Demo::GoLive() {
  if (options_.duration) ends_ = SteadyNow() + *options_.duration;
  const Duration every = std::chrono::seconds(terminal_.interactive() ? 1 : 10);
  Duration next_show = SteadyNow() + std::chrono::milliseconds(500);
  while (interrupted == 0 && !(ends_ && SteadyNow() >= *ends_)) {
    if (const auto ended = daemon_->Poll()) return Internal("the daemon ended, exit status " + std::to_string(*ended));
    TM_RETURN_IF_ERROR(feed_->ProduceDue(&ledger_));
    if (SteadyNow() >= next_show) {
      next_show = SteadyNow() + every;
      MetricsPage page;
      if (const Status scraped = Scrape(&page); !scraped.ok()) {
        terminal_.Progress("No answer yet: " + scraped.text());
      } else {
        const Sample* caught_up = page.Find("tidemark_caught_up");
        if (at_start_.empty() && caught_up != nullptr && caught_up->value == "1") at_start_ = page;
        const MetricsPage& before = at_start_.empty() ? page : at_start_;  // history is no change
        terminal_.Show(DrawScreen(page, before, Facts(), terminal_.width(), terminal_.height()));
      }
    }
    std::this_thread::sleep_for(kTick);
  }
  return {};
}

void Demo::Summarise(const MetricsPage& page) {
  ScreenFacts facts = Facts();
  facts.left = "0s";
  const MetricsPage& before = at_start_.empty() ? page : at_start_;
  terminal_.Show(DrawScreen(page, before, facts, terminal_.width(), terminal_.height()));
  terminal_.Keep();
  int64_t breaches = 0;
  for (const Sample* sample : page.Family("tidemark_breach_transitions_total")) {
    breaches += std::strtoll(sample->value.c_str(), nullptr, 10);
  }
  terminal_.Say("Summary");
  terminal_.Say("  events produced        " + Readable(std::to_string(feed_->facts())) + ", and " +
                Readable(std::to_string(feed_->repeated())) + " of them a second time");
  int64_t accepted = 0;
  for (const Sample* sample : page.Family("tidemark_kpi_events_total")) {
    const auto result = sample->labels.find("result");
    if (result != sample->labels.end() && result->second == "counted")
      accepted += std::strtoll(sample->value.c_str(), nullptr, 10);
  }
  terminal_.Say("  counted by the KPIs    " + Readable(std::to_string(accepted)) +
                " (an event counts in each KPI that reads it)");
  terminal_.Say("  breach changes         " + std::to_string(breaches));
}

Status Demo::Settle() {
  TM_RETURN_IF_ERROR(feed_->Flush());
  const Duration until = SteadyNow() + kCatchUp;
  MetricsPage page;
  std::string difference = "nothing was scraped";
  while (SteadyNow() < until) {
    if (const auto ended = daemon_->Poll()) return Internal("the daemon ended, exit status " + std::to_string(*ended));
    const Status scraped = Scrape(&page);
    difference = scraped.ok() ? FirstDifference(ledger_, page) : scraped.text();
    if (difference.empty()) break;
    std::this_thread::sleep_for(kTick);
  }
  Summarise(page);
  if (!difference.empty()) return Internal("conservation check failed: " + difference);
  terminal_.Say("  conservation check     ok: " + std::to_string(ledger_.books().size()) +
                " lifetime values equal the company's own books");
  return {};
}

Status Demo::Run() {
  terminal_.Say("Starting an embedded broker and a company that does not exist.");
  TM_RETURN_IF_ERROR(Prepare());
  TM_RETURN_IF_ERROR(ProduceHistory());
  if (interrupted == 0) TM_RETURN_IF_ERROR(StartDaemon());
  if (interrupted == 0) TM_RETURN_IF_ERROR(GoLive());
  // On a terminal Ctrl-C reaches the daemon as well, which may be gone by now: nothing left to compare.
  if (interrupted == 0) TM_RETURN_IF_ERROR(Settle());
  if (interrupted != 0) terminal_.Say("Stopping.");
  const int status = daemon_ == nullptr ? 0 : daemon_->Stop(std::chrono::seconds(6));
  if (status != 0 && interrupted == 0) return Internal("the daemon stopped with exit status " + std::to_string(status));
  return {};
}

// Into a Kafka that is there already, for a daemon of somebody else's; until it is stopped.
Status FeedKafka(const DemoOptions& options) {
  Terminal terminal;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<Feed> feed, Feed::Open(options.brokers, options.topic, options.history));
  const EventTime live = EventTimeOfProof(WallNow());
  const Duration begin = SteadyNow();
  bool history = true;
  while (interrupted == 0 && !(options.duration && SteadyNow() - begin >= *options.duration)) {
    TM_RETURN_IF_ERROR(feed->ProduceDue(nullptr));
    if (feed->next_arrival() < live) continue;
    if (history) {
      TM_RETURN_IF_ERROR(feed->Flush());
      terminal.Say("Produced " + FormatDuration(options.history) + " of history: " + Readable(std::to_string(feed->facts())) +
                   " events; going on live, a day of business in a minute.");
    }
    history = false;
    std::this_thread::sleep_for(kTick);
  }
  TM_RETURN_IF_ERROR(feed->Flush());
  terminal.Say("Produced " + Readable(std::to_string(feed->facts() + feed->repeated())) + " events into " + options.topic + ".");
  return {};
}

void CatchSignals() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace
}  // namespace demo

int RunDemo(const DemoOptions& options) {
  demo::CatchSignals();
  if (!options.brokers.empty()) {
    const Status fed = demo::FeedKafka(options);
    if (!fed.ok()) std::cerr << "tidemark: demo: " << fed.text() << "\n";
    return fed.ok() ? 0 : 1;
  }
  Result<std::unique_ptr<demo::WorkDirectory>> work = demo::WorkDirectory::Make();
  if (!work.ok()) {
    std::cerr << "tidemark: demo: " << work.status().text() << "\n";
    return 1;
  }
  demo::Demo run(options, std::move(*work));
  const Status status = run.Run();
  if (status.ok()) return 0;
  std::cerr << "tidemark: demo: " << status.text() << "\n";
  if (const std::string log = run.DaemonLog(); !log.empty()) std::cerr << "The daemon's last words:\n" << log;
  return 1;
}

}  // namespace tidemark
