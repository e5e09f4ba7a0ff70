using KeyRecovery.Api.Options;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// What a server does not start with in Production, and what it starts with and says loudly (F34): the table of
/// docs/operations.md.
/// </summary>
internal static class CarefulStart
{
    /// <exception cref="OptionsValidationException">Others may read what is secret.</exception>
    public static void Refuse(KeyRecoveryOptions options, IHostEnvironment environment)
    {
        if (environment.IsDevelopment()) return;
        var open = options.Directories.OpenToOthers().ToList();
        if (open.Count > 0) throw new OptionsValidationException(
            KeyRecoveryOptions.Section, typeof(KeyRecoveryOptions), open);
    }

    /// <summary>A sentence each.</summary>
    public static IEnumerable<string> Warnings(
        KeyRecoveryOptions options, IConfiguration configuration, IHostEnvironment environment)
    {
        if (environment.IsDevelopment())
        {
            foreach (var open in options.Directories.OpenToOthers()) yield return open;
            yield break;
        }

        if (ListenAddresses.Of(configuration).Any(a => !ListenAddresses.IsLoopback(a)
            && !a.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) && options.KnownProxies.Count == 0)
            yield return "It listens beyond this machine without TLS, and KnownProxies names no proxy that ends it: "
                + "tokens travel readable.";
        if (options.Prometheus.Listen is { } metrics && !ListenAddresses.IsLoopback(metrics))
            yield return $"Prometheus:Listen answers beyond this machine, at {metrics}, whoever asks: let Prometheus "
                + "alone reach it.";
        foreach (var app in options.Apps)
        {
            if (app.Policy.TrustAfterHours == 0)
                yield return $"App {app.Id} trusts a new device at once: whoever links one may remove all others.";
            if (app.Policy.Erasure.HoldHours == 0)
                yield return $"App {app.Id} erases at once when a device asks: nobody can cancel it.";
        }
    }
}
