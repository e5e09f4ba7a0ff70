using System.Net;

namespace KeyRecovery.Api.Options;

/// <summary>Where the configuration tells the server to listen.</summary>
internal static class ListenAddresses
{
    /// <summary>Used when the configuration says nothing.</summary>
    public const string Default = "http://127.0.0.1:5080";

    /// <summary>The addresses in ASP.NET Core's order of precedence, or the default one.</summary>
    public static IReadOnlyList<string> Of(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0) return endpoints;

        var urls = Split(configuration[WebHostDefaults.ServerUrlsKey]).ToList();
        if (urls.Count > 0) return urls;

        var ports = Split(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}")
            .Concat(Split(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => $"https://*:{port}")).ToList();
        return ports.Count > 0 ? ports : [Default];
    }

    /// <summary>Whether each is an address that can be read; whether this machine has it is another thing.</summary>
    public static bool AreAddresses(IConfiguration configuration)
    {
        try
        {
            foreach (var address in Of(configuration)) _ = BindingAddress.Parse(address);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Whether only this machine reaches the address.</summary>
    public static bool IsLoopback(string address)
    {
        var parsed = BindingAddress.Parse(address);
        if (parsed.IsUnixPipe) return true;
        var host = parsed.Host.Trim('[', ']');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
