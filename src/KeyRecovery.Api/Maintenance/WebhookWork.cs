using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Api.Webhooks;
using KeyRecovery.Service;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Maintenance;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Sends the apps' feeds to their webhooks in the background: each app's page by page, in its order, from a cursor that
/// a row keeps, at least once. One instance sends, as long as it has the lease; a webhook that does not take its page
/// waits alone, longer each time.
/// </summary>
internal sealed partial class WebhookWork(
    KeyRecoveryService service, ILeases leases, Tenants tenants, WebhookSender sender, WebhookTokens tokens,
    IOptions<JsonOptions> json, ServerMetrics metrics, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<WebhookWork> logger) : BackgroundService
{
    /// <summary>How old the oldest event that was not taken may be before an alarm tells.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMinutes(10);

    /// <summary>The longest wait behind a page that was not taken.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    private const int MostDoublings = 10;

    // A point read each time, where all is told.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Where no app names a webhook: settings that are read anew may.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Tokens name this server as its callers do, which is known once it listens.
        var started = new TaskCompletionSource();
        await using (lifetime.ApplicationStarted.Register(started.SetResult))
            await started.Task.WaitAsync(stoppingToken);
        while (true)
        {
            var isNamed = !Named(tenants.Now).IsEmpty;
            if (isNamed) await leases.TryRunAsync(Duty.Webhooks, SendAllAsync, stoppingToken);
            await Task.Delay(isNamed ? Look : Idle, time, stoppingToken);
        }
    }

    private static ImmutableArray<AppOptions> Named(TenantSet set) =>
        [.. set.Apps.Where(app => app.Events.Webhook is not null)];

    // Until the lease is lost, or the settings were read anew.
    private async Task SendAllAsync(CancellationToken ct)
    {
        var set = tenants.Now;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var all = Task.WhenAll(Named(set).Select(app => SendAllAsync(app, end.Token)));
        while (ReferenceEquals(tenants.Now, set) && !end.IsCancellationRequested)
            await Task.Delay(Look, time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await end.CancelAsync();
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
    }

    private async Task SendAllAsync(AppOptions app, CancellationToken ct)
    {
        for (var (at, failures) = ((FeedCursor?)null, 0); ;)
        {
            var wait = Look;
            try
            {
                var cursor = at ?? await service.WebhookCursors.ReadAsync(app.Id, ct);
                at = cursor;
                if (!await service.Feed.HasMoreAsync(app.Id, cursor, ct))
                {
                    metrics.WebhookBehind(app.Id, 0);
                }
                else if (await SendAsync(app, cursor, ct))
                {
                    (at, failures, wait) = (null, 0, TimeSpan.Zero);
                }
                else
                {
                    wait = Wait(failures++);
                }
            }
#pragma warning disable CA1031 // One app's trouble must not keep another's events; the next try goes on.
            catch (Exception failure) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Broken(logger, app.Id, failure);
                (at, wait) = (null, Wait(failures++));
            }

            await Task.Delay(wait, time, ct);
        }
    }

    // The page behind a cursor, and then the cursor: what is not taken, or not known to be, comes again.
    private async Task<bool> SendAsync(AppOptions app, FeedCursor cursor, CancellationToken ct)
    {
        var page = await service.Feed.ReadAsync(app.Id, cursor, FeedReader.MostEvents, ct);
        if ((page.LeftOut || !page.Events.IsEmpty) && await SendAsync(app, page, ct) is { } why)
        {
            Tell(app.Id, page, why);
            return false;
        }

        await service.WebhookCursors.MoveAsync(app.Id, cursor, page.Next, ct);
        return true;
    }

    private Task<string?> SendAsync(AppOptions app, FeedPage page, CancellationToken ct)
    {
        // As a reader of the feed is told it.
        var body = JsonSerializer.SerializeToUtf8Bytes(
            EventsResponse.Of(app.Id, page), json.Value.SerializerOptions.GetTypeInfo(typeof(EventsResponse)));
        var webhook = new Uri(app.Events.Webhook!);
        return sender.SendAsync(
            webhook, WebhookReaches.Of(webhook, app.Events.AllowPrivate), body,
            tokens.Mint(app.Id, app.Events.Webhook!, body), ct);
    }

    // From half of it to all of it, so that many do not come back at once.
    private static TimeSpan Wait(int failures)
    {
        var whole = TimeSpan.FromSeconds(1L << Math.Min(failures, MostDoublings));
        return (whole < LongestWait ? whole : LongestWait) * (RandomNumberGenerator.GetInt32(500, 1000) / 1000.0);
    }

    private void Tell(string app, FeedPage page, string why)
    {
        var behind = page.Events is [var oldest, ..] ? (long)service.Clock.Now.Wall - (long)oldest.Time : 0;
        metrics.WebhookFailed(app);
        metrics.WebhookBehind(app, Math.Max(behind, 0));
        if (behind > Late.TotalSeconds) Behind(logger, app, behind, why);
        else NotTaken(logger, app, why);
    }

    [LoggerMessage(
        73, LogLevel.Warning, "The webhook of {App} did not take its events: {Why}; they are sent again",
        EventName = "WebhookRefused")]
    private static partial void NotTaken(ILogger logger, string app, string why);

    [LoggerMessage(
        74, LogLevel.Error, "The webhook of {App} is {Seconds} seconds behind: {Why}; its events are kept for 30 days",
        EventName = "WebhookBehind")]
    private static partial void Behind(ILogger logger, string app, long seconds, string why);

    [LoggerMessage(
        75, LogLevel.Error, "The events of {App} could not be sent; they are kept, and it is tried again",
        EventName = "WebhookFailed")]
    private static partial void Broken(ILogger logger, string app, Exception failure);
}
