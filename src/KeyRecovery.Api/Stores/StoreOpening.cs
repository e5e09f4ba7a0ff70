using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Stores;

/// <summary>
/// What somebody is told whose stores cannot be opened: which file, and why. A disk that is full is no damaged file,
/// and a damaged key store is no damaged data store: what is to be done differs.
/// </summary>
internal static class StoreOpening
{
    /// <summary>Opens, or says of which store it is that it cannot.</summary>
    /// <exception cref="StoreUnavailableException">Of an opening that failed, with the files named.</exception>
    public static async Task<T> NamedAsync<T>(this IStoreHome home, Func<Task<T>> open)
    {
        try
        {
            return await open();
        }
        catch (StoreUnavailableException failure) when (home is IStoreFiles files)
        {
            throw new StoreUnavailableException(failure.Reason, Sentence(files, failure), failure);
        }
    }

    /// <inheritdoc cref="NamedAsync{T}"/>
    public static Task NamedAsync(this IStoreHome home, Func<Task> open) => home.NamedAsync(async () =>
    {
        await open();
        return true;
    });

    private static string Sentence(IStoreFiles files, StoreUnavailableException failure)
    {
        var kinds = Enum.GetValues<StoreKind>();
        var unread = kinds.Where(kind => !IsRead(files, kind)).ToList();
        var places = string.Join(" or ", (unread.Count > 0 ? unread : [.. kinds]).Select(files.PlaceOf));
        return $"{places} cannot be opened: {Why(failure.Reason)}"
            + (failure.InnerException is { } cause ? $" ({cause.Message})" : "");
    }

    private static bool IsRead(IStoreFiles files, StoreKind kind)
    {
        try
        {
            files.PairIdOf(kind, files.PlaceOf(kind));
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or StoreOpenException)
        {
            return false;
        }
    }

    private static string Why(StoreFault reason) => reason switch
    {
        StoreFault.Full => "its disk has no room",
        StoreFault.ReadOnly => "it, its folder or its disk cannot be written",
        StoreFault.Busy => "somebody else has it open",
        _ => "the file is damaged, or its disk fails",
    };
}
