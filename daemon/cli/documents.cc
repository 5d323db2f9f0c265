// completion, man: what is written about the command line itself.
#include <iostream>

#include "daemon/cli/completion.h"
#include "daemon/cli/manual.h"
#include "daemon/cli/options.h"
#include "daemon/exit_code.h"
#include "daemon/version.h"

namespace tidemark {
namespace {

struct DocumentFlags {
  const CLI::App* program = nullptr;
  std::string shell;
};

int Print(const std::string& text) {
  std::cout << text << std::flush;
  return std::cout ? kExitOk : kExitFailure;
}

void FillCompletion(CLI::App* app, DocumentFlags* f) {
  f->program = app->get_parent();
  app->add_option("shell", f->shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

int DoCompletion(DocumentFlags& f) {
  const CommandDoc program = DescribeCommands(*f.program);
  return Print(f.shell == "bash"  ? BashCompletion(program)
               : f.shell == "zsh" ? ZshCompletion(program)
                                  : FishCompletion(program));
}

void FillManual(CLI::App* app, DocumentFlags* f) { f->program = app->get_parent(); }

int DoManual(DocumentFlags& f) {
  return Print(ManualPage(DescribeCommands(*f.program), TheBuild().version, TheBuild().build_date));
}

}  // namespace

void AddDocuments(CLI::App* root, Chosen* chosen) {
  AddCommand<DocumentFlags>(root, chosen, "completion", "Print a shell's completion script.", &FillCompletion, &DoCompletion);
  AddCommand<DocumentFlags>(root, chosen, "man", "Print the manual page (roff).", &FillManual, &DoManual);
}

}  // namespace tidemark
