# Everything a newcomer or CI needs; `make` alone lists it.

export SQLX_OFFLINE := true
TOOLS := .tools
DENY_VERSION := 0.20.2
CYCLONEDX_VERSION := 0.5.9
BOLERO_VERSION := 0.13.5
# Files, directories, hours or ranges for the demo to read; none: the latest
# hour there is, or made-up events when there is no network.
INPUT ?=

.PHONY: help tools test-tools build demo test bench torture check fmt clean fuzz documents sbom bigquery-emulator

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 20

tools: ## fetch a private Postgres and nats-server, unless suitable ones are installed
	@python3 deploy/tools/fetch.py $(TOOLS)

build: ## build the program
	cargo build --release --locked -p leaderboard

demo: tools build ## run everything on this machine and show a board (INPUT="file or hour …")
	exec target/release/leaderboard demo $(INPUT)

test-tools: ## fetch what only tests need: Schemathesis (68 MB) and axe-core
	@python3 deploy/tools/fetch.py --tests $(TOOLS)

test: test-tools ## run every test, on real servers
	@cargo test --workspace --locked --doc --quiet
	@if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run --workspace --locked; \
	else cargo test --workspace --locked --lib --bins --tests; fi

bench: tools ## measure against references in the same run (BENCH="--rows P1,P5")
	cargo build --release --locked -p leaderboard -p benches
	target/release/benches $(BENCH)

# Not part of `make test`: it is large, and a repackaging by a third party.
EMULATOR := bqemulator==1.4.0 numpy==2.4.6 pytz==2026.6

bigquery-emulator: ## fetch an emulator of BigQuery, and count with it (500 MB)
	@python3 -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
	  --root-user-action=ignore --target $(TOOLS)/bigquery-emulator $(EMULATOR)
	cargo test --locked -p tests --test bigquery_emulator -- --nocapture

# Rounds of faults until enough processes were killed; --help tells the rest.
TORTURE ?= --kills 1000

torture: tools ## kill, pause, cut off and starve everything, and check (TORTURE="--seed 5 --kills 1000")
	cargo build --release --locked -p leaderboard -p tests --bin leaderboard --bin torture
	target/release/torture $(TORTURE)

# Every target, or those of a crate whose names hold FUZZ_ONLY, so long each.
FUZZ_TIME ?= 1min
FUZZ_ONLY ?=

fuzz: $(TOOLS)/cargo/bin/cargo-bolero ## fuzz every decoder with libfuzzer (FUZZ_TIME=1h FUZZ_ONLY=cursor)
	@PATH="$(CURDIR)/$(TOOLS)/cargo/bin:$$PATH" deploy/tools/fuzz.sh "$(FUZZ_TIME)" "$(FUZZ_ONLY)"

$(TOOLS)/cargo/bin/cargo-bolero:
	cargo install cargo-bolero --version $(BOLERO_VERSION) --locked --root $(TOOLS)/cargo

check: $(TOOLS)/cargo/bin/cargo-deny ## check format, lints, licences and dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	PATH="$(CURDIR)/$(TOOLS)/cargo/bin:$$PATH" cargo deny --workspace check bans licenses sources

$(TOOLS)/cargo/bin/cargo-deny:
	cargo install cargo-deny --version $(DENY_VERSION) --locked --root $(TOOLS)/cargo

documents: ## write the documents anew that are made of the code
	cargo run --locked --quiet -p leaderboard -- openapi > docs/openapi.json
	cargo run --locked --quiet -p leaderboard -- openapi --commands > docs/openapi.commands.json
	cargo run --locked --quiet -p leaderboard -- asyncapi > docs/asyncapi.json
	cargo run --locked --quiet -p leaderboard -- configuration > docs/configuration.md
	cargo run --locked --quiet -p leaderboard -- commands > docs/commands.md

sbom: $(TOOLS)/cargo/bin/cargo-cyclonedx ## list what the program is made of (CycloneDX, target/leaderboard.cdx.json)
	PATH="$(CURDIR)/$(TOOLS)/cargo/bin:$$PATH" cargo cyclonedx --format json --describe binaries \
	  --manifest-path services/leaderboard/Cargo.toml
	@mkdir -p target
	mv services/leaderboard/leaderboard_bin.cdx.json target/leaderboard.cdx.json
	@rm -f benches/*.cdx.json tests/*.cdx.json # of every program there is

$(TOOLS)/cargo/bin/cargo-cyclonedx:
	cargo install cargo-cyclonedx --version $(CYCLONEDX_VERSION) --locked --root $(TOOLS)/cargo

fmt: ## format the code
	cargo fmt --all

clean: ## remove what was built, fetched and stored
	rm -rf target $(TOOLS) .data
