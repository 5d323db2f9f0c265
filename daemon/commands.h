// The commands, each with its options as values. cli.cc fills them; each command has a file of its own.
// Every one prints what it has to say (results to stdout, complaints to stderr) and returns the exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/check_samples.h"
#include "daemon/generate/alertmanager.h"
#include "daemon/generate/dashboards.h"
#include "daemon/generate/rule.h"
#include "daemon/http_client.h"
#include "daemon/log.h"
#include "pipeline/base/time.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

struct RunOptions {
  std::string config_file;
  std::optional<std::string> storage_path, listen_address;  // over what the configuration says
  std::string port_file;                                    // the real port is written there; empty: nowhere
  LogFormat log_format = LogFormat::kLogfmt;
  LogLevel log_level = LogLevel::kInfo;
  Duration reload_interval{};           // how often the configuration's files are looked at; zero: never
  std::string web_config_file;          // TLS, basic auth and headers; "": none
};
int RunDaemon(const RunOptions& options);

struct CheckConfigOptions {
  std::string config_file;
  std::string web_config_file;  // also this one; "": none
  bool estimate = false;
  double events_per_second = 1000;
  uint64_t series_per_kpi = 1000;
  SampleOptions samples;        // directory "": none
};
int CheckConfig(const CheckConfigOptions& options);

enum class ReplayOutput { kTable, kJson, kPrometheus };
struct ReplayOptions {
  std::string config_file;
  std::string input;
  std::vector<EventTime> at;  // rising; empty: the end of the input
  ReplayOutput output = ReplayOutput::kTable;
};
int Replay(const ReplayOptions& options);

struct MapOptions {
  std::string config_file;
  std::string source;
  std::string input;                    // one record a line; .json: one record; each behind its length where they are no text; "-": standard input
  std::optional<WallTime> kafka_time;   // the records' Kafka timestamp
  std::vector<std::pair<std::string, std::string>> headers;  // of each record
};
int MapRecords(const MapOptions& options);

// Of the dead letters, which; what isn't given chooses all.
struct LetterChoice {
  std::string source, topic, reason;
  std::optional<WallTime> since;        // written then or later
};
struct LetterListOptions {
  std::string config_file;
  LetterChoice choice;
  bool json = false;
};
int ListLetters(const LetterListOptions& options);

struct LetterReplayOptions {
  std::string config_file;
  LetterChoice choice;
  bool dry_run = false;
  bool again = false;                   // also those that were sent again before
  bool older = false;                   // also events of which can't be told any more whether they were counted
};
int ReplayLetters(const LetterReplayOptions& options);

struct ImportOptions {
  std::string config_file;
  std::optional<std::string> storage_path;  // over what the configuration says
  std::vector<std::string> inputs;
  std::optional<EventTime> until;           // the cut; none: just after the last event
  bool dry_run = false;
};
int Import(const ImportOptions& options);

struct TestOptions {
  std::vector<std::string> files;
  std::string run;        // only scenarios whose names match this regular expression; empty: all
  std::string junit_xml;  // results are also written here; empty: nowhere
};
int TestScenarios(const TestOptions& options);

struct GenerateOptions {
  std::string output;  // file to write; empty: stdout
};
int GenerateCatalogue(const GenerateOptions& options);

struct GenerateRulesOptions {
  std::string config_file;
  std::string output;             // file to write; empty: stdout
  std::optional<std::string> tests_of;  // tests are written in place of the rules, which are in this file
  RuleOptions rules;
};
int GenerateRules(const GenerateRulesOptions& options);

struct GenerateAlertmanagerOptions {
  std::string config_file;
  std::string output;             // file to write; empty: stdout
  bool templates = false;         // the templates in place of the configuration
  AlertmanagerOptions alertmanager;
};
int GenerateAlertmanager(const GenerateAlertmanagerOptions& options);

struct GenerateDashboardsOptions {
  std::string config_file;
  std::string output;             // the directory to write files into; made when it is not there
  DashboardOptions dashboards;
};
int GenerateDashboards(const GenerateDashboardsOptions& options);

struct GenerateSourceOptions {
  std::vector<std::string> from;  // files of samples; "-": standard input
  std::string name;               // of the source; "": as the first file is called
  std::string output;             // file to write; empty: stdout
};
int GenerateSource(const GenerateSourceOptions& options);

struct StateOptions {
  std::string storage_path;
  std::string config_file;  // state verify: required
};
int StateInspect(const StateOptions& options);
int StateVerify(const StateOptions& options);

struct EraseOptions {
  std::string config_file, storage_path;
  std::vector<std::string> ids;
  std::string ids_file;              // one a line; "": none
  std::string kind;                  // as a KPI's key; "": every kind
};
int StateErase(const EraseOptions& options);

struct BackupOptions {
  HttpTarget target;         // a running daemon; without an address none may be running
  std::string storage_path;  // its state, where this process finds it
  std::string output;        // where the backup is copied to; "": it stays in <storage_path>/backups
  size_t keep = 3;           // so many stay where it ends up
};
int StateBackup(const BackupOptions& options);

struct RestoreOptions {
  std::string from;          // a backup, or a directory of them: then the newest
  std::string storage_path;
};
int StateRestore(const RestoreOptions& options);

struct ExplainOptions {
  std::vector<std::pair<std::string, std::string>> query;  // as in the address /api/v1/explain
  HttpTarget target;                                       // a running daemon; without an address the state is read
  std::string config_file, storage_path;
};
int ExplainCommand(const ExplainOptions& options);

struct ReportOptions {
  std::vector<std::pair<std::string, std::string>> query;  // as in the address /api/v1/report
  HttpTarget target;                                       // a running daemon; without an address the state is read
  std::string config_file, storage_path;
  std::string output;                                      // a file; "": stdout
};
int ReportCommand(const ReportOptions& options);

struct CheckProbeOptions {
  HttpTarget target;
  bool ready = false;  // else healthy
};
int CheckProbe(const CheckProbeOptions& options);

// Plan of a configuration file; null after every mistake was printed to stderr. `adjust` may change what was read
// before it is compiled; *redacted is what everybody may see of it.
std::shared_ptr<const Plan> LoadPlan(const std::string& config_file, Specs* specs,
                                     const std::function<void(Specs*)>& adjust = nullptr, std::string* redacted = nullptr);
// The same of definitions alone: how the world is reached (kafka, storage, web) is not read, so no variable or secret need be there.
std::shared_ptr<const Plan> LoadDefinitions(const std::string& config_file, Specs* specs);

}  // namespace tidemark
