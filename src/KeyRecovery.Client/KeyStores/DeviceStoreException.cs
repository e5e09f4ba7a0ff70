namespace KeyRecovery;

/// <summary>A device's state is there and cannot be read: damaged, or sealed under another key.</summary>
public sealed class DeviceStoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    public DeviceStoreException(string message) : base(message) { }

    /// <summary>Makes the exception.</summary>
    public DeviceStoreException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes the exception.</summary>
    public DeviceStoreException() : base("the device's state cannot be read") { }

    /// <summary>Makes the exception.</summary>
    public DeviceStoreException(DeviceStoreTrouble trouble, string message, Exception? innerException = null)
        : base(message, innerException) => Trouble = trouble;

    internal static DeviceStoreException Forgotten() =>
        new(DeviceStoreTrouble.Unknown, "this device's keys were forgotten meanwhile, or are another device's");

    /// <summary>What is wrong, where the store can tell. Default: not known.</summary>
    public DeviceStoreTrouble Trouble { get; }
}
