using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Tests.Contract;

public class PublicSurfaceTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task The_served_description_is_the_committed_one()
    {
        var committed = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "docs", "openapi.json"));
        Assert.Equal(committed, await fixture.Client.GetStringAsync("/openapi/v1.json"));
    }

    [Fact]
    public async Task Config_tells_limits_clock_and_the_policy_of_the_app_that_is_named()
    {
        var config = await fixture.Client.GetFromJsonAsync<JsonElement>("/v1/config?app=demo");
        Assert.Equal("v1", config.GetProperty("apiVersion").GetString());
        Assert.InRange(config.GetProperty("serverTime").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -5, 5);
        Assert.Equal(32, config.GetProperty("limits").GetProperty("authorities").GetInt32());
        Assert.Equal(72, config.GetProperty("policy").GetProperty("trustAfterHours").GetInt32());
    }

    [Fact]
    public async Task Config_lists_no_apps()
    {
        Assert.DoesNotContain("demo", await fixture.Client.GetStringAsync("/v1/config"), StringComparison.Ordinal);
        await ProblemAssert.IsAsync(
            await fixture.Client.GetAsync("/v1/config?app=other"), HttpStatusCode.NotFound, "not-found", "app");
    }

    [Fact]
    public void What_is_written_by_hand_is_written_as_by_the_framework()
    {
        var configured = new JsonSerializerOptions();
        ApiJson.Configure(configured);
        var own = ApiJson.Default.Options;
        Assert.Equal(configured.DefaultIgnoreCondition, own.DefaultIgnoreCondition);
        Assert.Equal(configured.PropertyNamingPolicy, own.PropertyNamingPolicy);
        Assert.Equal(configured.NumberHandling, own.NumberHandling);
        Assert.Equal(configured.UnmappedMemberHandling, own.UnmappedMemberHandling);
        Assert.Equal(configured.AllowDuplicateProperties, own.AllowDuplicateProperties);
        Assert.Equal(configured.RespectNullableAnnotations, own.RespectNullableAnnotations);
        Assert.Equal(
            configured.RespectRequiredConstructorParameters, own.RespectRequiredConstructorParameters);
    }

    [Fact]
    public void Every_error_has_its_own_problem()
    {
        var kinds = Problems.All.ToList();
        Assert.Equal(Enum.GetValues<ErrorCode>().Length, kinds.Select(kind => kind.Type).Distinct().Count());
        Assert.All(kinds, kind => Assert.InRange(kind.Status, 400, 599));
    }

    internal static string RepositoryRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
