using System.Security.Cryptography;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Tests.Threats.Routes;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// Z03: one route that asks nobody who they are. Every route of the host, for every kind of caller, with what is their
/// own, somebody else's and nobody's; what each gets stands in a row that was written from docs/protocol.md.
/// </summary>
public sealed class RouteMatrixTests(RouteMatrixTests.Server server) : IClassFixture<RouteMatrixTests.Server>
{
    private static readonly Dictionary<string, string> Settings = new(VaultFixture.Settings)
    {
        ["Apps:0:Policy:Passphrase:Waits"] = "",
    };

    public static TheoryData<string> Routes => [.. RouteMatrix.Rows.Select(row => row.Route)];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Z03_a_route_answers_each_caller_as_its_row_says(string route)
    {
        var told = await new RouteMatrix(server.Host, Row(route)).DifferencesAsync();
        Assert.True(told.Count == 0, string.Join('\n', told));
    }

    [Fact]
    public void Z03_every_route_has_a_row_and_every_row_a_route() => Assert.Equal(
        RouteMatrix.RoutesOf(server.Host), RouteMatrix.Rows.Select(row => row.Route).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Z03_outside_Development_there_is_no_other_route_and_the_one_that_gives_tokens_is_gone()
    {
        await using var host = await TestHost.StartAsync(DevelopmentIssuerTests.ProductionApp, "Production");
        Assert.Equal(
            ["POST /v1/dev/tokens"], RouteMatrix.RoutesOf(server.Host).Except(RouteMatrix.RoutesOf(host)));
        Assert.Empty(RouteMatrix.RoutesOf(host).Except(RouteMatrix.RoutesOf(server.Host)));
    }

    [Fact]
    public async Task Z03_control_a_route_without_its_gate_is_told()
    {
        await using var host = await TestHost.StartAsync(
            Settings, map: app => app.MapGet("/v1/restore-points", () => TypedResults.Ok()).WithOrder(-1));
        Assert.Equal(RouteMatrix.Rows.Length, RouteMatrix.RoutesOf(host).Length);
        var told = await new RouteMatrix(host, Row("GET /v1/restore-points")).DifferencesAsync();
        Assert.Contains("GET /v1/restore-points, Nobody Own: 200, not 401 unauthenticated", told);
        Assert.Contains("GET /v1/restore-points, Device Other: 200, not 401 signature-invalid", told);
        Assert.Contains("GET /v1/restore-points, Removed Own: 200, not 403 revoked", told);
        Assert.Equal(10 + 10 + 10 - 3, told.Count);
    }

    [Fact]
    public async Task Z03_control_a_refusal_that_writes_or_tells_of_others_is_told()
    {
        await using var host = await TestHost.StartAsync(
            Settings, map: app => app.MapGet("/v1/items/{hash}", TellsAsync).WithOrder(-1));
        var told = await new RouteMatrix(host, Row("GET /v1/items/{hash}")).DifferencesAsync();
        Assert.Contains(told, one => one.Contains("and something was written", StringComparison.Ordinal));
        Assert.Contains(told, one => one.Contains("tells that there is none", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Z03_control_a_route_without_a_row_is_told()
    {
        await using var host = await TestHost.StartAsync(Settings, map: app => app.MapGet("/v1/all", () => "all"));
        Assert.Equal(["GET /v1/all"], RouteMatrix.RoutesOf(host).Except(RouteMatrix.Rows.Select(row => row.Route)));
    }

    private static RouteRow Row(string route) => RouteMatrix.Rows.Single(row => row.Route == route);

    // It refuses all, but keeps something for each who asks, and says what it was asked for.
    private static async Task<IResult> TellsAsync(string hash, HttpContext context, KeyRecoveryService service)
    {
        context.Response.Headers["Asked"] = hash;
        await service.Links.OpenAsync(
            new LinkOpening(
                new LinkSessionId(RandomNumberGenerator.GetBytes(16)),
                new AccountId(RandomNumberGenerator.GetBytes(16)), default, default, default, null),
            CancellationToken.None);
        return new ProblemResult(ErrorCode.NotFound);
    }

    /// <summary>The server.</summary>
    public sealed class Server : IAsyncLifetime
    {
        internal TestHost Host { get; private set; } = null!;

        /// <inheritdoc/>
        public async Task InitializeAsync() => Host = await TestHost.StartAsync(Settings);

        /// <inheritdoc/>
        public async Task DisposeAsync() => await Host.DisposeAsync();
    }
}
