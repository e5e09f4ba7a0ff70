using System.Collections.Immutable;
using KeyRecovery.Api.Tests.Linking;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Linking;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>Sends each caller to each thing that a route's row speaks of, and tells where the row is wrong.</summary>
internal sealed class RouteMatrix(TestHost host, RouteRow row)
{
    private static readonly ImmutableArray<Callers> Everybody =
        [.. Enum.GetValues<Callers>().Where(caller => int.PopCount((int)caller) == 1)];

    private readonly List<string> _differences = [];
    private readonly Dictionary<(Callers, Aim), Seen> _seen = [];

    public static ImmutableArray<RouteRow> Rows { get; } =
        [.. AccountRows.All, .. ItemRows.All, .. LinkRows.All, .. RealmRows.All, .. OpenRows.All, .. AdminRows.All];

    /// <summary>Every route of a host, as it has them.</summary>
    public static ImmutableArray<string> RoutesOf(TestHost host) =>
    [
        .. host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"])
                .Select(method => $"{method} /{e.RoutePattern.RawText!.Trim('/')}"))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Where the host's answers are not the row's; empty where all are.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync()
    {
        var scene = await Scene.CreateAsync(host);
        foreach (var aim in Enum.GetValues<Aim>())
        {
            if (aim is Aim.Other or Aim.Absent && row.Other.IsEmpty) continue;
            foreach (var caller in Everybody)
            {
                var expected = row.Expected(caller, aim);
                if (expected is null && aim is Aim.Foreign or Aim.Missing) continue;
                if (scene.IsOld) scene = await AnewAsync(scene);
                await row.Prepare(scene);
                var visit = new Visit(scene, caller, aim);
                var seen = await SeeAsync(visit);
                if (seen.Cell != expected) Differs(visit, $"{seen.Cell}, not {expected ?? "in the row"}");
                CompareWithThere(visit, seen);
                if (row.Spends && seen.Cell.EndsWith("writes", StringComparison.Ordinal))
                    scene = await AnewAsync(scene);
            }
        }

        await scene.EndSessionsAsync();
        return _differences;
    }

    private async Task<Scene> AnewAsync(Scene scene)
    {
        await scene.EndSessionsAsync();
        return await Scene.CreateAsync(host);
    }

    private async Task<Seen> SeeAsync(Visit visit)
    {
        using var request = await row.Make(visit);
        var before = await StateAsync(visit.Scene);
        using var answer = await host.Client.SendAsync(request);
        if (answer.IsSuccessStatusCode) await row.Settle(visit, answer);
        var (cell, shape) = (await AnswerShape.NameAsync(answer), await AnswerShape.OfAsync(answer));
        var after = await StateAsync(visit.Scene);
        if (before.SequenceEqual(after)) return new Seen(cell, shape);
        if (answer.IsSuccessStatusCode) return new Seen($"{cell} writes", shape);
        var rows = before.Except(after).Select(row => $"-{row}").Concat(after.Except(before).Select(row => $"+{row}"));
        Differs(visit, $"{cell}, and something was written: {string.Join(", ", rows)}");
        return new Seen(cell, shape);
    }

    // A refusal, and what is told of a thing in another account, is the same where there is no such thing.
    private void CompareWithThere(Visit visit, Seen seen)
    {
        _seen[(visit.Caller, visit.Aim)] = seen;
        if (row.Tells is not null || visit.Aim is not (Aim.Absent or Aim.Missing)) return;
        var there = _seen[(visit.Caller, visit.Aim - 1)];
        if ((visit.Aim == Aim.Missing || there.IsRefused) && there.Shape != seen.Shape)
            Differs(visit, $"{seen.Shape} tells that there is none, as there it is {there.Shape}");
    }

    // Every row of both stores with its version, and what the relay has in memory.
    private async Task<List<string>> StateAsync(Scene scene)
    {
        var state = await StoreSnapshot.TakeAsync(host, except: row.Beside);
        var relay = (LocalLinkRelay)scene.Links;
        state.Add($"{relay.Count} sessions, {relay.Bytes} bytes");
        foreach (var session in new[] { scene.Mine.Session, scene.Other.Session })
            state.Add(await HeardAsync(session));
        return state;
    }

    private static async Task<string> HeardAsync(RelayClient session)
    {
        using var read = await session.GetAsync('e', 0);
        return await AnswerShape.OfAsync(read);
    }

    private void Differs(Visit visit, string how) => _differences.Add($"{row.Route}, {visit}: {how}");

    private sealed record Seen(string Cell, string Shape)
    {
        public bool IsRefused => Cell[0] != '2';
    }
}
