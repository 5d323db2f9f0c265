// What the files of this room share: each adds commands to the command line, and says what running one does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http_client.h"

namespace tidemark {

// What the command line asked for; returns the exit code. Its options live in it and in the parser.
using Chosen = std::function<int()>;

// A command of this name with its options, which live as long as the parser. When it is the one that was asked for,
// `run` becomes what is chosen. `fill` adds options to the command; `run` gets them filled.
template <class Options>
CLI::App* AddCommand(CLI::App* parent, Chosen* chosen, const char* name, const char* help,
                     void (*fill)(CLI::App*, Options*), int (*run)(Options&)) {
  CLI::App* app = parent->add_subcommand(name, help);
  auto options = std::make_shared<Options>();
  fill(app, options.get());
  app->final_callback([options, chosen, run] { *chosen = [options, run] { return run(*options); }; });
  return app;
}

void AddConfigFile(CLI::App* app, std::string* file);
// storage.path over that of the configuration; `file` stays empty when it is not given.
CLI::Option* AddStoragePath(CLI::App* app, std::string* path);

// --url of a running daemon, and the options beside it that say how to reach it.
CLI::Option* AddTarget(CLI::App* app, HttpTarget* target);

// Says what is wrong with an RFC 3339 time, or a duration; "" when nothing is.
std::string CheckTime(const std::string& text);
std::string CheckDuration(const std::string& text);

void AddRun(CLI::App* root, Chosen* chosen);
void AddDemo(CLI::App* root, Chosen* chosen);
void AddCheckConfig(CLI::App* root, Chosen* chosen);
void AddTest(CLI::App* root, Chosen* chosen);
void AddGenerate(CLI::App* root, Chosen* chosen);
void AddMap(CLI::App* root, Chosen* chosen);
void AddReplay(CLI::App* root, Chosen* chosen);
void AddLetters(CLI::App* root, Chosen* chosen);
void AddImport(CLI::App* root, Chosen* chosen);
void AddExplain(CLI::App* root, Chosen* chosen);
void AddState(CLI::App* root, Chosen* chosen);
void AddReport(CLI::App* root, Chosen* chosen);
void AddCheck(CLI::App* root, Chosen* chosen);
void AddDocuments(CLI::App* root, Chosen* chosen);

}  // namespace tidemark
