// sluice chat: a conversation. On a terminal with an editor; without one each line of standard
// input is a turn.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string_view>

#include "cli/chat_commands.hpp"
#include "cli/chat_session.hpp"
#include "cli/commands.hpp"
#include "cli/line_editor.hpp"
#include "cli/message_input.hpp"
#include "cli/open_engine.hpp"
#include "cli/prompt_input.hpp"

namespace sluice::cli {

namespace {

ChatSettings first_settings(const ChatArgs& args, const Engine& engine) {
  ChatSettings settings;
  settings.sampling = with_stated(engine.sampling(), args.sampling);
  settings.has_seed = args.sampling.seed.has_value();
  settings.max_tokens = args.max_tokens;
  settings.stop = args.sampling.stop;
  settings.live = args.model.live && !args.common.quiet;
  settings.template_arguments = args.model.template_arguments;
  settings.show_thinking = args.thinking == "show";
  return settings;
}

// A command or a message.
Result<Next> take(ChatSession& chat, const EngineOptions& options, Console& console,
                  const std::string& input) {
  if (input.size() > longest_prompt(options)) return prompt_too_long("the message", options);
  if (is_command(input)) return run_command(chat, console, input);
  const std::string message = message_text(input.starts_with("//") ? input.substr(1) : input);
  if (message.empty()) return Next::go_on;
  SLUICE_LET(const Turn turn, chat.say(message));
  if (turn == Turn::taken_back) {
    console.note("(stopped before the answer began; the message is taken back)");
  } else if (chat.settings.show_statistics) {
    console.say(chat.statistics());
  }
  return Next::go_on;
}

InputHistory open_history(const ChatArgs& args, Console& console) {
  InputHistory history;
  const std::string path = args.no_history ? "" : default_history_path();
  if (path.empty()) return history;
  if (auto opened = history.open(path); !opened) {
    console.note("note: no history: " + opened.error().message);
  }
  return history;
}

Result<int> talk_on_terminal(ChatSession& chat, const EngineOptions& options, Console& console,
                             Terminal& terminal, InputHistory history) {
  survive_interrupts();
  LineEditorOptions editing;
  editing.is_complete = is_complete_message;
  editing.complete = complete_command;
  LineEditor editor(terminal, history, std::move(editing));
  bool leaving = false;
  for (;;) {
    terminal.edit();
    // A Ctrl-C until now was for the last answer, or came too late for it.
    forget_interrupt();
    const EditResult input = editor.read();
    if (input.end == EditEnd::input_ended) return terminal.terminated() ? kInterruptedStatus : 0;
    if (input.end == EditEnd::interrupted) {
      if (leaving) return kInterruptedStatus;
      leaving = true;
      terminal.write("(once more Ctrl-C, or Ctrl-D, leaves)\n");
      continue;
    }
    leaving = false;
    terminal.answer();
    history.add(input.text);
    auto next = take(chat, options, console, input.text);
    if (chat.output_failed()) return next.error();
    if (!next) report(next.error());
    if (next && *next == Next::leave) return 0;
    terminal.write("\n");
  }
}

// A turn from standard input: one line, or several that belong together.
LineEnd read_turn(size_t most_bytes, std::string& turn) {
  turn.clear();
  std::string line;
  for (;;) {
    const size_t room = most_bytes - std::min(most_bytes, turn.size());
    const LineEnd end = read_line(std::cin, room, line);
    if (end == LineEnd::input_ended) return turn.empty() ? end : LineEnd::line;
    if (end == LineEnd::too_long) return end;
    if (line.ends_with('\r')) line.pop_back();
    turn += line;
    if (!is_complete_message(turn)) {
      turn += '\n';
    } else if (turn.ends_with('\\')) {
      turn.back() = '\n';
    } else {
      return LineEnd::line;
    }
  }
}

Result<int> talk_in_lines(ChatSession& chat, const EngineOptions& options, Console& console) {
  const bool asks = isatty(STDIN_FILENO) == 1;
  std::string turn;
  for (;;) {
    if (asks) std::fputs("> ", stderr);
    const LineEnd end = read_turn(longest_prompt(options), turn);
    if (end == LineEnd::input_ended) break;
    if (end == LineEnd::too_long) return prompt_too_long("standard input", options);
    SLUICE_LET(const Next next, take(chat, options, console, turn));
    if (next == Next::leave) break;
    // Who sits at a terminal meant the answer, or the prompt, not the conversation.
    if (asks) forget_interrupt();
    if (interrupted()) break;
  }
  if (std::cin.bad()) return Error{Code::io, "standard input: cannot read"};
  return interrupted() ? kInterruptedStatus : 0;
}

Result<int> talk(const ChatArgs& args, Console& console) {
  SLUICE_LET(const std::unique_ptr<Engine> engine, open_engine(args.model, console));
  if (!engine->text().has_chat_template()) {
    return Error{Code::unsupported, args.model.engine.path +
                                        ": has no chat template that is known here; sluice run "
                                        "--raw continues texts"};
  }
  SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
  ChatSession chat(*engine, *session, console, first_settings(args, *engine));
  chat.conversation.system = args.system;
  if (!args.load_file.empty()) SLUICE_TRY(chat.load(args.load_file));
  const bool to_terminal = isatty(STDOUT_FILENO) == 1;
  const auto terminal = Terminal::open(STDIN_FILENO, to_terminal ? STDOUT_FILENO : STDERR_FILENO);
  Result<int> status = 0;
  if (terminal != nullptr) {
    console.note("/help lists the commands, Ctrl-D leaves\n");
    status = talk_on_terminal(chat, args.model.engine, console, *terminal,
                              open_history(args, console));
    terminal->answer();
  } else {
    status = talk_in_lines(chat, args.model.engine, console);
  }
  save_cache_state(*engine, console);
  SLUICE_TRY(save_statistics(args.model, session->stats()));
  return status;
}

}  // namespace

int chat(const ChatArgs& args) {
  Console console(args.common.quiet);
  const auto status = talk(args, console);
  console.clear();
  return status ? *status : report(status.error());
}

}  // namespace sluice::cli
