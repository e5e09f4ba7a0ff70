using System.Net;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// The emulated accounts for processes that are not this one: HTTPS with a certificate that they are told to trust, and
/// the emulator put right as for this process.
/// </summary>
public sealed class CosmosGateway : IAsyncDisposable
{
    private readonly EmulatedCosmos _emulator;
    private readonly WebApplication _app;
    private readonly LoopbackCertificate _certificate;
    private readonly HttpMessageInvoker _invoker;
    private readonly bool _isShared;

    private CosmosGateway(EmulatedCosmos emulator, LoopbackCertificate certificate, bool isShared)
    {
        (_emulator, _certificate, _isShared) = (emulator, certificate, isShared);
        _invoker = new HttpMessageInvoker(emulator.Handler());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate.Certificate));
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate.Certificate));
        });
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    /// <summary>Waited for before a request goes on to the emulator; false where it goes nowhere.</summary>
    public Func<HttpRequest, Task<bool>>? LetsThroughAsync { get; set; }

    /// <summary>Told of each answer of the emulator.</summary>
    public Action<HttpRequest, HttpStatusCode>? OnAnswer { get; set; }

    /// <summary>Starts the emulator, and the way to it.</summary>
    public static async Task<CosmosGateway> StartAsync() => await StartAsync(
        new CosmosGateway(await EmulatedCosmos.StartAsync(), new LoopbackCertificate(), isShared: false));

    /// <summary>A way of one process to an emulator of several.</summary>
    public static Task<CosmosGateway> StartAsync(EmulatedCosmos emulator, LoopbackCertificate certificate) =>
        StartAsync(new CosmosGateway(emulator, certificate, isShared: true));

    private static async Task<CosmosGateway> StartAsync(CosmosGateway gateway)
    {
        await gateway._app.StartAsync();
        return gateway;
    }

    /// <summary>What a process has in its environment to trust the certificate.</summary>
    public IReadOnlyDictionary<string, string> Environment => _certificate.Environment;

    /// <summary>The accounts themselves, for what a platform does to them.</summary>
    public EmulatedCosmos Emulator => _emulator;

    /// <summary>Makes the containers of a database in both accounts.</summary>
    public async Task MigrateAsync(string database) =>
        await _emulator.Home(database, SystemRandom.Instance, new ServerClock(TimeProvider.System)).MigrateAsync();

    /// <summary>The settings of a host that keeps its stores here.</summary>
    public (string Key, string Value)[] Settings(string database) =>
    [
        ("Store", "cosmos"),
        ("Cosmos:BudgetSeconds", $"{EmulatedCosmos.Patient.Budget.TotalSeconds}"),
        ("Cosmos:AttemptSeconds", $"{EmulatedCosmos.Patient.Attempt.TotalSeconds}"),
        .. Account("Data", StoreKind.Data, database), .. Account("Keys", StoreKind.Keys, database),
    ];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _invoker.Dispose();
        if (_isShared) return;
        _emulator.Dispose();
        _certificate.Dispose();
    }

    private (string, string)[] Account(string name, StoreKind kind, string database) =>
    [
        ($"Cosmos:{name}:Endpoint", AddressOf(kind).ToString()), ($"Cosmos:{name}:Database", database),
        ($"Cosmos:{name}:Gateway", "true"), ($"Cosmos:{name}:Credential:Kind", "Key"),
        ($"Cosmos:{name}:Credential:Key", EmulatedCosmos.Key),
    ];

    /// <summary>Where it listens, an account a port.</summary>
    public IEnumerable<int> Ports => Enum.GetValues<StoreKind>().Select(kind => AddressOf(kind).Port);

    private Uri AddressOf(StoreKind kind) => new(_app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.ElementAt(kind == StoreKind.Data ? 0 : 1));

    private async Task ForwardAsync(HttpContext context)
    {
        if (LetsThroughAsync is { } ask && !await ask(context.Request))
        {
            context.Abort();
            return;
        }

        var kind = context.Connection.LocalPort == AddressOf(StoreKind.Data).Port ? StoreKind.Data : StoreKind.Keys;
        var (from, to) = (context.Request, _emulator.EndpointOf(kind));
        using var request = new HttpRequestMessage(
            new HttpMethod(from.Method), new Uri(to, new Uri(from.GetEncodedUrl()).PathAndQuery));
        if (from.Method is "POST" or "PUT" or "PATCH") request.Content = new StreamContent(from.Body);
        foreach (var (name, values) in from.Headers)
        {
            if (name is "Host") continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        using var response = await _invoker.SendAsync(request, context.RequestAborted);
        OnAnswer?.Invoke(from, response.StatusCode);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (name is not ("Transfer-Encoding" or "Connection" or "Content-Length" or "Keep-Alive"))
                context.Response.Headers[name] = values.ToArray();
        if (response.StatusCode == HttpStatusCode.NoContent) return;
        var body = await response.Content.ReadAsStringAsync(context.RequestAborted);
        // The account says where it is, and is here.
        if (from.Path == "/")
            body = body.Replace(to.Authority, AddressOf(kind).Authority, StringComparison.Ordinal);
        await context.Response.WriteAsync(body, context.RequestAborted);
    }
}
