using System.Diagnostics;
using System.Diagnostics.Metrics;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// The instruments <c>keyrecovery.*</c>. Tags are routes, outcomes and apps from fixed lists, never anything of
/// a user.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    public const string Name = ServiceMeter.Name;

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _rateLimited;
    private readonly Counter<long> _storeRefusals;
    private readonly Counter<long> _sweepsStopped;
    private readonly Counter<long> _erasuresPending;
    private readonly Counter<long> _rotations;
    private readonly Counter<long> _backups;
    private readonly Gauge<long> _backupAge;
    private readonly Counter<long> _logFailures;
    private readonly Counter<long> _cosigningFailures;
    private readonly Gauge<long> _logBehind;
    private readonly Counter<long> _webhookFailures;
    private readonly Gauge<long> _webhookBehind;

    public ServerMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _requests = _meter.CreateCounter<long>(
            "keyrecovery.requests", "{request}", "Requests answered, by route and outcome.");
        _rateLimited = _meter.CreateCounter<long>(
            "keyrecovery.rate_limited", "{request}", "Requests refused by a rate limit, by scope.");
        _storeRefusals = _meter.CreateCounter<long>("keyrecovery.store_refusals", "{request}",
            "Requests that a store did not do, by reason: all but busy asks for an operator.");
        _erasuresPending = _meter.CreateCounter<long>("keyrecovery.erasures_pending", "{pass}",
            "Passes that left an erasure without its receipt: an operator must look.");
        _sweepsStopped = _meter.CreateCounter<long>(
            "keyrecovery.sweeps_stopped", "{sweep}", "Sweeps that the brake stopped: an operator must look.");
        _rotations = _meter.CreateCounter<long>("keyrecovery.rotations", "{rotation}",
            "Key rotations, by kind and outcome: all but done asks for an operator.");
        _backups = _meter.CreateCounter<long>(
            "keyrecovery.backups", "{backup}",
            "Backups that this process was asked for, by what they are of and outcome: failed asks for an operator.");
        _backupAge = _meter.CreateGauge<long>("keyrecovery.backup_age", "s",
            "The age of the newest escrow, and so of the newest set with keys, whoever has made it.");
        _logFailures = _meter.CreateCounter<long>("keyrecovery.log_failures", "{pass}",
            "Passes of the log's sequencer that could not go on: changes wait, and an operator must look.");
        _cosigningFailures = _meter.CreateCounter<long>("keyrecovery.cosigning_failures", "{round}",
            "Rounds of asking the witnesses that could not go on: an operator must look.");
        _logBehind = _meter.CreateGauge<long>("keyrecovery.log_uncosigned", "{leaf}",
            "How many leaves the published checkpoint is behind for want of cosignatures.");
        _webhookFailures = _meter.CreateCounter<long>(
            "keyrecovery.webhook_failures", "{page}", "Pages that an app's webhook did not take, by app.");
        _webhookBehind = _meter.CreateGauge<long>("keyrecovery.webhook_behind", "s",
            "The age of the oldest event that an app's webhook has not taken, by app: 0 where it has all.");
    }

    /// <summary>
    /// Tells what alarms look at as 0, when somebody listens: a counter that comes to be with its first alarm is not
    /// seen to change by it, and one of backups that never were says nothing at all.
    /// </summary>
    /// <param name="copiesData">Whether sets of this server may have the data.</param>
    /// <param name="moved">By how much the wall clock was moved since the start.</param>
    /// <param name="down">How many issuers' keys could not be had when they were asked for last.</param>
    public void Begin(bool copiesData, Func<TimeSpan> moved, Func<int> down)
    {
        _meter.CreateObservableGauge("keyrecovery.issuers_down", unit: "{issuer}",
            description: "How many issuers' keys could not be had when they were asked for last.", observeValue: down);
        _meter.CreateObservableGauge("keyrecovery.clock_moved", unit: "s",
            description: "By how much the wall clock was moved since the start: beyond 300, holds and backups wait.",
            observeValue: () => (long)moved().TotalSeconds);
        foreach (var reason in Enum.GetValues<StoreFault>()) StoreRefused(reason, 0);
        foreach (var counter in (ReadOnlySpan<Counter<long>>)[
            _erasuresPending, _sweepsStopped, _logFailures, _cosigningFailures,
        ])
            counter.Add(0);
        foreach (var of in copiesData ? (ReadOnlySpan<string>)["all", "data", "keys"] : ["keys"])
        foreach (var outcome in (ReadOnlySpan<string>)["done", "failed"]) BackedUp(of, outcome, 0);
        foreach (var outcome in (ReadOnlySpan<string>)["done", "blocked", "refused", "unavailable"])
        {
            Rotated("kek", outcome, 0);
            Rotated("root", outcome, 0);
        }
    }

    /// <param name="reason">Told as <c>busy</c>, <c>full</c>, <c>read-only</c> or <c>failed</c>.</param>
    /// <param name="count">How many.</param>
    public void StoreRefused(StoreFault reason, int count = 1) => _storeRefusals.Add(
        count, new KeyValuePair<string, object?>("reason", reason switch
        {
            StoreFault.Busy => "busy",
            StoreFault.Full => "full",
            StoreFault.ReadOnly => "read-only",
            _ => "failed",
        }));

    /// <param name="kind"><c>kek</c> or <c>root</c>.</param>
    /// <param name="outcome"><c>done</c>, <c>blocked</c>, <c>refused</c> or <c>unavailable</c>.</param>
    /// <param name="count">How many.</param>
    public void Rotated(string kind, string outcome, int count = 1) =>
        _rotations.Add(count, new TagList { { "kind", kind }, { "outcome", outcome } });

    /// <param name="of"><c>all</c>, <c>data</c> or <c>keys</c>.</param>
    /// <param name="outcome"><c>done</c> or <c>failed</c>.</param>
    /// <param name="count">How many.</param>
    public void BackedUp(string of, string outcome, int count = 1) =>
        _backups.Add(count, new TagList { { "of", of }, { "outcome", outcome } });

    /// <param name="seconds">How old the newest escrow is.</param>
    public void BackupAge(long seconds) => _backupAge.Record(seconds);

    /// <summary>An erasure whose destruction was refused or not proved: an alarm.</summary>
    public void ErasurePending() => _erasuresPending.Add(1);

    /// <summary>A pass of the log that could not go on: an alarm.</summary>
    public void LogFailed() => _logFailures.Add(1);

    /// <summary>A round of the witnesses that could not go on: an alarm.</summary>
    public void CosigningFailed() => _cosigningFailures.Add(1);

    /// <param name="leaves">How many leaves are signed and not published.</param>
    public void LogBehind(long leaves) => _logBehind.Record(leaves);

    /// <param name="app">A configured app's id.</param>
    public void WebhookFailed(string app) => _webhookFailures.Add(1, new KeyValuePair<string, object?>("app", app));

    /// <param name="app">A configured app's id.</param>
    /// <param name="seconds">The age of the oldest event that it has not taken; 0 where it has all.</param>
    public void WebhookBehind(string app, long seconds) =>
        _webhookBehind.Record(seconds, new KeyValuePair<string, object?>("app", app));

    public void SweepStopped() => _sweepsStopped.Add(1);

    public void Answered(string route, string outcome)
    {
        if (_requests.Enabled) _requests.Add(1, new TagList { { "route", route }, { "outcome", outcome } });
    }

    /// <param name="scope"><c>address</c>, <c>account</c>, <c>repair</c> or <c>places</c>.</param>
    public void RateLimited(string scope) => _rateLimited.Add(1, new KeyValuePair<string, object?>("scope", scope));

    public void Dispose() => _meter.Dispose();
}
