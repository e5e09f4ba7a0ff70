using KeyRecovery.Testing.Emulators;

namespace KeyRecovery.Testing.Hosting;

/// <summary>A host whose log and tombstones lie in an emulator's blobs.</summary>
public static class AzuriteSettings
{
    // What every Azurite has.
    private const string Account = "devstoreaccount1";
    private const string Key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>The settings, with a container.</summary>
    public static (string Key, string Value)[] Of(NodeEmulator azurite, string container) =>
    [
        ("Blobs:Container", $"http://127.0.0.1:{azurite.Ports[0]}/{Account}/{container}"),
        ("Blobs:Credential:Kind", "Key"), ("Blobs:Credential:Key", Key),
    ];
}
