using System.CommandLine;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Commands;

/// <summary>The name by which a person knows a device.</summary>
internal static class DeviceName
{
    /// <summary><c>--name</c>, by default the machine's.</summary>
    public static Option<string> Option()
    {
        var option = new Option<string>("--name")
        {
            HelpName = "DEVICE",
            Description = $"This device's name, sealed, at most {Limits.NameBytes} bytes",
            DefaultValueFactory = _ => Environment.MachineName is { Length: > 0 } name && Fits(name) ? name : "device",
        };
        option.Validators.Add(result =>
        {
            if (!Fits(result.GetValueOrDefault<string>() ?? ""))
                result.AddError(
                    $"--name has 1 to {Limits.NameBytes} bytes, something that is seen, and no control characters");
        });
        return option;
    }

    private static bool Fits(string name) => GivenName.Read(name).Fault == GivenNameFault.None;
}
