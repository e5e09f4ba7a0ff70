using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Tests.Threats.Routes;
using KeyRecovery.Testing.Realms;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Admin;

/// <summary>
/// Every route that a device or slot signs, asked of a suspended account: those that change it are shut, all others
/// answer as ever. A new route that changes something and is not named here is found.
/// </summary>
public sealed class SuspendedRoutesTests
{
    private static readonly string[] Shut =
        ["POST /v1/commits", "POST /v1/links", "POST /v1/repair", "PUT /v1/items/{hash}"];

    [Fact]
    public async Task Exactly_the_routes_that_change_an_account_are_shut_while_it_is_suspended()
    {
        await using var host = await TestHost.StartAsync(new Dictionary<string, string>(VaultFixture.Settings));
        var scene = await Scene.CreateAsync(host);
        using (var answer = await DoAsync(host, scene, "suspend")) Assert.Equal(200, (int)answer.StatusCode);

        var (shut, wrong) = (new List<string>(), new List<string>());
        foreach (var row in RouteMatrix.Rows.Where(row => IsSigned(host, row.Route)))
        {
            var caller = row.Route == "POST /v1/recovery" ? Callers.Code : Callers.Device;
            using var request = await row.Make(new Visit(scene, caller, Aim.Own));
            using var answer = await host.Client.SendAsync(request);
            var cell = await AnswerShape.NameAsync(answer);
            if (cell == "403 suspended") shut.Add(row.Route);
            else if (cell != row.Expected(caller, Aim.Own)!.Replace(" writes", "", StringComparison.Ordinal))
                wrong.Add($"{row.Route}: {cell}");
        }

        Assert.Equal(Shut, shut.Order(StringComparer.Ordinal));
        Assert.Empty(wrong);
        // A passphrase is registered at the realm by a token, and is a change of the account all the same.
        Assert.Equal("suspended", await RegisterAsync(host, scene));

        using (var answer = await DoAsync(host, scene, "resume")) Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("ok", await RegisterAsync(host, scene));
        foreach (var route in Shut)
        {
            var row = RouteMatrix.Rows.Single(one => one.Route == route);
            using var request = await row.Make(new Visit(scene, Callers.Device, Aim.Own));
            using var answer = await host.Client.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode, $"{route}: {answer.StatusCode}");
        }
    }

    private static bool IsSigned(TestHost host, string route)
    {
        var endpoint = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Single(e => route.EndsWith($" /{e.RoutePattern.RawText!.Trim('/')}", StringComparison.Ordinal)
                && e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains(route.Split(' ')[0]));
        return endpoint.Metadata.GetMetadata<Signed>() is not null
            || endpoint.Metadata.GetMetadata<SignedByContent>() is not null;
    }

    private static async Task<string> RegisterAsync(TestHost host, Scene scene)
    {
        var realm = await TestRealmClient.ConnectAsync(host.Client, scene.Token);
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        var phone = scene.Mine.Account.Phone;
        var signed = slot.Registration(realm.Realm, scene.Mine.Told, phone.Id, phone.Signing);
        return (await realm.SendAsync("register", slot.Id, signed, realm.Token)).Slug;
    }

    private static async Task<HttpResponseMessage> DoAsync(TestHost host, Scene scene, string what)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/admin/accounts/{scene.Mine.Id}/{what}")
        {
            Headers = { Authorization = new("Bearer", scene.Operator) },
        };
        return await host.Client.SendAsync(request);
    }
}
