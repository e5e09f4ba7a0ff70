using KeyRecovery.Protocol.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Client.DependencyInjection;

/// <summary>Says of every setting at once what is wrong with it, by its name.</summary>
/// <param name="registered">Tells whether the app has a store of its own.</param>
internal sealed class SettingsCheck(IServiceProviderIsService registered) : IValidateOptions<KeyRecoverySettings>
{
    public ValidateOptionsResult Validate(string? name, KeyRecoverySettings options)
    {
        var faults = new List<string>();
        if (ServerAddress.FindFault(options.Server) is { } fault)
            faults.Add($"{Name(nameof(options.Server))}: {fault}");
        if (!AccountIds.IsAppId(options.App))
            faults.Add($"{Name(nameof(options.App))}: an app id has 1 to 64 characters of a-z 0-9 . -");
        if (string.IsNullOrWhiteSpace(options.Folder) && !registered.IsService(typeof(IDeviceStore)))
            faults.Add($"{Name(nameof(options.Folder))}: where does this device keep its keys? Name a folder that is "
                + "its alone, or register an IDeviceStore");
        if (options.NewHome is { } place && !Enum.IsDefined(place))
            faults.Add($"{Name(nameof(options.NewHome))}: no such place of a key");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string Name(string setting) => $"{nameof(KeyRecoverySettings)}.{setting}";
}
