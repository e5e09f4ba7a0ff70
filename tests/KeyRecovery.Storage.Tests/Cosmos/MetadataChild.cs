using System.Net;
using System.Runtime.CompilerServices;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Cosmos;

/// <summary>
/// A process that makes one client, and says which hosts it asks: the SDK looks for its machine's metadata once, when
/// the first client of a process is made.
/// </summary>
internal static class MetadataChild
{
    /// <summary>Runs for two seconds.</summary>
    /// <param name="isControl">Whether what forbids the look is taken away.</param>
    /// <param name="say">Told each host.</param>
    public static async Task RunAsync(bool isControl, Action<string> say)
    {
        RuntimeHelpers.RunClassConstructor(typeof(Clients).TypeHandle);
        if (isControl) Environment.SetEnvironmentVariable("COSMOS_DISABLE_IMDS_ACCESS", null);
        using var client = Clients.Make(new CosmosAccountOptions
        {
            Endpoint = new Uri("https://account.invalid/"), Database = "none", Key = "AAAA", IsDirect = false,
            Handler = () => new Between(new SocketsHttpHandler(), request =>
            {
                say(request.RequestUri!.Host);
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            }),
        });
        var reading = client.ReadAccountAsync();
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(2)));
        _ = reading.ContinueWith(done => done.Exception, TaskScheduler.Default);
    }
}
