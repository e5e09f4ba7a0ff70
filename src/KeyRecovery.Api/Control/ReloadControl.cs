using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Options.Reading;
using KeyRecovery.Api.Reports;
using KeyRecovery.Service;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Control;

/// <summary>
/// <c>{"verb":"reload"}</c>: apps and operators as the settings name them now. All of it is taken over or nothing: what
/// does not hold (a file half written, a key source without a key) leaves everything as it was.
/// </summary>
internal sealed partial class ReloadControl(
    SettingsReader settings, Tenants tenants, KeyRecoveryService service, IssuerMoveWork moves,
    ILogger<ReloadControl> logger)
    : IControlVerb, IDisposable
{
    public const string VerbName = "reload";

    private readonly SemaphoreSlim _turn = new(1);

    public string Name => VerbName;

    public async Task<string> RunAsync(JsonElement request, Action<string> progress, CancellationToken ct)
    {
        request.Deserialize(ReportJson.Default.ReloadRequest);
        await _turn.WaitAsync(ct);
        try
        {
            return JsonSerializer.Serialize(await RunAsync(ct), ReportJson.Default.ReloadReport);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<ReloadReport> RunAsync(CancellationToken ct)
    {
        try
        {
            var (options, atNextStart) = settings.Read();
            var failures = new Failures();
            Compare(tenants.Now, options, failures);
            var next = tenants.TryMake(options, failures);
            var result = failures.ToResult();
            if (next is null || result.Failed) return Refuse(result.Failures ?? []);
            await service.ChangePoliciesAsync(new AppPolicies(options.Apps), ct);
            tenants.Replace(next);
            moves.Wake();
            Done(logger, next.Apps.Length, next.Operators.Length);
            return new ReloadReport([.. next.Apps.Select(app => app.Id)], next.Operators.Length, atNextStart, []);
        }
        catch (OptionsValidationException invalid)
        {
            return Refuse(invalid.Failures);
        }
        catch (StoreUnavailableException)
        {
            return Refuse(["The log's files cannot be written: they tell each policy before it counts."]);
        }
    }

    private ReloadReport Refuse(IEnumerable<string> problems)
    {
        var report = new ReloadReport([], 0, [], [.. problems]);
        Refused(logger, string.Join(' ', report.Problems));
        return report;
    }

    // What would take people's accounts out of their reach while the server runs.
    private static void Compare(TenantSet now, KeyRecoveryOptions next, Failures failures)
    {
        foreach (var app in now.Apps)
        {
            var place = next.Apps.Select(other => other.Id).ToList().IndexOf(app.Id);
            if (place < 0)
                failures.Add(nameof(next.Apps), $"lacks {app.Id}: an app goes with a restart alone");
            else if (!next.Apps[place].Issuers.Contains(app.Issuer, StringComparer.Ordinal))
                failures.Add(
                    $"{nameof(next.Apps)}:{place}:{nameof(app.Issuer)}",
                    "changes, and FormerIssuers does not name the one before: its users would lose their accounts");
        }
    }

    [LoggerMessage(56, LogLevel.Information, "The settings were read anew: {Apps} apps, {Operators} operators",
        EventName = "Reloaded")]
    private static partial void Done(ILogger logger, int apps, int operators);

    [LoggerMessage(57, LogLevel.Warning, "The settings were read anew and do not hold; nothing has changed: {Problems}",
        EventName = "ReloadRefused")]
    private static partial void Refused(ILogger logger, string problems);
}
