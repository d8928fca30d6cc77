// sluice eval: logits, greedy continuation and perplexity, for comparison with references.
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/npy_writer.hpp"
#include "cli/open_engine.hpp"
#include "cli/prompt_input.hpp"
#include "cli/token_ids.hpp"

namespace sluice::cli {

namespace {

Result<std::vector<TokenId>> read_ids(const EvalArgs& args) {
  SLUICE_LET(const std::string text, read_prompt(args.ids_file, args.model.engine));
  const std::string where = input_name(args.ids_file);
  SLUICE_LET(std::vector<TokenId> ids, parse_ids(text, where));
  if (ids.empty()) return Error{Code::invalid, where + ": holds no token ids"};
  return ids;
}

EvaluateOptions base_options(Console& console) {
  EvaluateOptions options;
  options.cancel = &interrupted();
  options.on_progress = [&console](size_t done, size_t total) {
    console.progress(fmt::format("evaluating: {} of {} tokens", done, total));
  };
  return options;
}

// log(sum(exp(logits))) - logits[target]: the cost of a token in nats.
double cost(std::span<const float> logits, TokenId target) {
  double top = logits[0];
  for (const float logit : logits) top = std::max(top, static_cast<double>(logit));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  return top + std::log(sum) - logits[static_cast<size_t>(target)];
}

Result<void> logits(const EvalArgs& args, Engine& engine, Session& session, Console& console) {
  SLUICE_LET(const std::vector<TokenId> ids, read_ids(args));
  SLUICE_LET(NpyWriter out,
             NpyWriter::create(args.out_file, {ids.size(), engine.vocabulary_size()}));
  std::optional<NpyWriter> hidden;
  if (!args.hidden_file.empty()) {
    SLUICE_LET(NpyWriter writer,
               NpyWriter::create(args.hidden_file,
                                 {engine.layers() + 1, ids.size(), engine.width()}));
    hidden.emplace(std::move(writer));
  }
  std::optional<Error> failure;
  const auto keep = [&failure](Result<void> written) {
    if (!written && !failure) failure = written.error();
  };
  EvaluateOptions options = base_options(console);
  options.on_logits = [&](size_t position, std::span<const float> row) {
    keep(out.write_row(position, row));
  };
  if (hidden) {
    options.on_hidden = [&](size_t index, size_t position, std::span<const float> row) {
      keep(hidden->write_row(index * ids.size() + position, row));
    };
  }
  SLUICE_TRY(session.evaluate(ids, options));
  if (failure) return *failure;
  SLUICE_TRY(out.finish());
  if (hidden) return hidden->finish();
  return {};
}

Result<void> greedy(const EvalArgs& args, Session& session, Console& console) {
  SLUICE_LET(const std::vector<TokenId> ids, read_ids(args));
  GenerateOptions options;
  options.max_tokens = args.tokens;
  options.sampling.greedy = true;
  options.ignore_stop = true;
  options.cancel = &interrupted();
  SLUICE_LET(const GenerateResult result,
             session.generate(ids, options, [&](TokenId, std::string_view) {
               console.progress("generating");
             }));
  if (result.reason == FinishReason::cancelled) {
    return Error{Code::cancelled, "stopped on request"};
  }
  if (result.ids.size() < args.tokens) {
    return Error{Code::invalid, fmt::format("{}: the context is full after {} of {} tokens; give "
                                            "it more with --ctx", args.model.engine.path,
                                            result.ids.size(), args.tokens)};
  }
  return write_output(nlohmann::json(result.ids).dump() + "\n");
}

struct Scored {
  size_t tokens = 0;
  double nll = 0;
};

// One window by itself: every token but the first is scored.
Result<void> score(std::span<const TokenId> window, Session& session, Scored& scored) {
  session.reset();
  EvaluateOptions options;
  options.cancel = &interrupted();
  options.on_logits = [&](size_t position, std::span<const float> row) {
    if (position + 1 >= window.size()) return;
    scored.nll += cost(row, window[position + 1]);
    ++scored.tokens;
  };
  return session.evaluate(window, options);
}

Result<void> perplexity(const EvalArgs& args, const std::string& text, Engine& engine,
                        Session& session, Console& console) {
  const std::vector<TokenId> ids = engine.text().encode(text, true);
  const TokenId bos = engine.text().bos();
  Scored scored;
  for (size_t begin = 0; begin < ids.size(); begin += args.window) {
    const size_t end = std::min(begin + args.window, ids.size());
    std::vector<TokenId> window(ids.begin() + static_cast<ptrdiff_t>(begin),
                                ids.begin() + static_cast<ptrdiff_t>(end));
    if (bos >= 0) window.insert(window.begin(), bos);
    SLUICE_TRY(score(window, session, scored));
    console.progress(fmt::format("evaluating: {} of {} tokens", end, ids.size()));
  }
  if (scored.tokens == 0) {
    return Error{Code::invalid, args.text_file + ": holds fewer than two tokens, nothing to score"};
  }
  const double value = std::exp(scored.nll / static_cast<double>(scored.tokens));
  if (!args.common.json) {
    return write_output(fmt::format("perplexity {:.4f} over {} tokens in windows of {}\n", value,
                                    scored.tokens, args.window));
  }
  nlohmann::ordered_json json;
  json["tokens"] = scored.tokens;
  json["nll"] = scored.nll / static_cast<double>(scored.tokens);
  json["perplexity"] = value;
  return write_output(json.dump() + "\n");
}

Result<void> evaluate_with(const EvalArgs& args, Console& console) {
  ModelArgs model = args.model;
  std::string text;
  if (args.kind == EvalKind::perplexity) {
    // A longer window, with BOS, needs a longer context.
    if (model.engine.context_tokens == 0 && args.window >= kDefaultContext) {
      model.engine.context_tokens = args.window + 1;
    }
    SLUICE_LET(text, read_text(args.text_file, model.engine));
  }
  SLUICE_LET(const std::unique_ptr<Engine> engine, open_engine(model, console));
  SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
  switch (args.kind) {
    case EvalKind::logits:
      SLUICE_TRY(logits(args, *engine, *session, console));
      break;
    case EvalKind::greedy:
      SLUICE_TRY(greedy(args, *session, console));
      break;
    case EvalKind::perplexity:
      SLUICE_TRY(perplexity(args, text, *engine, *session, console));
      break;
  }
  return save_statistics(args.model, session->stats());
}

}  // namespace

int evaluate(const EvalArgs& args) {
  Console console(args.common.quiet);
  const auto done = evaluate_with(args, console);
  console.clear();
  return done ? 0 : report(done.error());
}

}  // namespace sluice::cli
