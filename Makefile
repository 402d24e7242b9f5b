# The map of the work. Every target can be called on a fresh machine; a second call is safe to repeat.
SWIFT ?= swift
BINARY := .build/release/buildspec
# Homebrew's libarchive is keg-only.
ifeq ($(shell uname -s),Darwin)
export PKG_CONFIG_PATH := $(shell brew --prefix libarchive 2>/dev/null)/lib/pkgconfig:$(PKG_CONFIG_PATH)
RELEASE := -c release
else
RELEASE := -c release --static-swift-stdlib
endif

.PHONY: build program run test test-fast reference docs house check fuzz faults format bench bench-compare engine images aws java8 moto packages clean help

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

packages: ## install the C libraries and tools that are missing
	@.ci/packages

build: packages ## build .build/release/buildspec
	$(SWIFT) build $(RELEASE) --product buildspec

engine: ## make sure a Docker engine answers
	@.ci/engine

images: engine ## make the build images that cannot be pulled
	@.ci/images

aws: engine ## make the image that plays AWS for --aws-local
	@.ci/images aws-local

java8: engine ## make the image that stands for aws/codebuild/java:openjdk-8
	@.ci/images java8

moto: ## install what plays AWS in the tests
	@.ci/moto

# What `run` needs beside the program: its images, and Maven Central's stand-in, for machines that cannot reach it.
mirror: engine
	@.ci/images debian java17 java17-docker aws-local
	@.ci/maven-repository start >/dev/null

# The program that `make test` compiles, too: it is there in half the time, and Maven takes the same.
program:
	$(SWIFT) build --product buildspec

# Packages come first, as two cannot install at once. While Swift compiles, the images are made.
run: packages ## run the petclinic fixture's pipeline twice: online, then without any network
	@$(MAKE) --no-print-directory -j2 program mirror
	@.ci/petclinic .build/debug/buildspec

dist: ## make what is given away in .build/dist: a program of at most 30 MB, packages, SBOM, some 10 minutes
	@SWIFT=$(SWIFT) Distribution/build

dist-test: ## install what `make dist` made into bare containers and an image, and use it there: two minutes
	@Distribution/test

test: ## run all tests, those that need Docker included, and the pipeline on a machine that was never online
	@SWIFT=$(SWIFT) .ci/test

test-fast: ## run the quick tests, which need neither Docker nor a network
	@SWIFT=$(SWIFT) .ci/test --fast

reference: ## write the reference's pages of commands and settings anew
	@BUILDSPEC_WRITE_REFERENCE=1 $(SWIFT) test --filter ReferenceTests

docs: packages ## make the documentation of SpecParsing and BuildPlanning, with DocC
	@SWIFT=$(SWIFT) .ci/docs

house: ## list the targets, and what breaks the rules of the house
	@.ci/house

check: ## formatting and shell scripts
	@.ci/check

fuzz: packages ## throw made-up input at everything that reads any, for FUZZ_SECONDS (60)
	@.ci/fuzz

faults: build images ## kill, stop and starve builds, and count what is lost: some 5 minutes, FAULTS_TRIES=10 for more
	@.ci/faults $(BINARY)

format: ## lay the sources out as .swift-format says
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Fuzz/Package.swift Fuzz/Sources/fuzz Fuzz/Sources/Crypto

bench: build images ## compare with other ways in the same run, and write Benchmarks/results.md and .svg: an hour, 15 GB of disk
	@Benchmarks/page $(BINARY) $(NAMES)

bench-compare: engine ## compare two programs, `make bench-compare A=old B=new`, and say what is more than noise
	@Benchmarks/compare-binaries "$(A)" "$(B)" $(NAMES)

clean: ## remove what was built here
	rm -rf .build .build-fuzz
