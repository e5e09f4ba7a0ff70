using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Invocation;

/// <summary>This device's own files do not read: whether its keys are lost, and the way out.</summary>
internal static class HomeText
{
    public const string Slug = "home-unreadable";

    public static CliFailure Of(DeviceStoreException unreadable, string home) => new(Slug, unreadable.Message)
    {
        Advice = Advice(unreadable.Trouble, home),
    };

    public static string[] Advice(DeviceStoreTrouble trouble, string home) => trouble switch
    {
        DeviceStoreTrouble.WrongPassphrase =>
            ["Nothing was changed, and nothing counts the tries. Forgotten? Then:", .. WaysOut(home)],
        DeviceStoreTrouble.Locked =>
        [
            "Nothing was changed: the keys are there. Where nobody can be asked, a passphrase is the first line of "
                + "standard input.",
        ],
        DeviceStoreTrouble.KeyStoreAway =>
        [
            "Nothing was changed: the keys are there. Log in to the desktop where this home was made, and try again.",
            "For a new home: --store file, or --lock with a passphrase.",
        ],
        DeviceStoreTrouble.Busy => ["Wait until it has ended, then try again. Nothing was changed."],
        DeviceStoreTrouble.Newer => ["Nothing of it was touched: the keys are there."],
        DeviceStoreTrouble.NoPermission =>
            ["The keys are there, for whoever owns the file: ls -ld, and is it the right user? Nothing was changed."],
        DeviceStoreTrouble.NotAFile => ["Nothing was changed. Is --home the right folder?", .. WaysOut(home)],
        _ => ["Nothing was changed, and nothing is written over it.", .. WaysOut(home)],
    };

    private static string[] WaysOut(string home) =>
    [
        $"Is there a copy of {home}? Put device.key and device.sealed back, both of the same time.",
        "If not, this device's keys are lost, and the account is not. With the code: keyrecovery recover --code "
        + "--home NEW. On another device: keyrecovery link show.",
        "Then remove this device there: keyrecovery device list, keyrecovery device revoke ID",
    ];
}
