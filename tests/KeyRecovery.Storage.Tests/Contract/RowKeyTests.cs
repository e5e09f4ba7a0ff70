using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Tests.Contract;

public sealed class RowKeyTests
{
    [Fact]
    public void Keys_are_equal_by_content()
    {
        var key = new RowKey(Table.Items, new byte[] { 1, 2, 3 });
        var same = new RowKey(Table.Items, new byte[] { 0, 1, 2, 3 }.AsMemory(1));
        Assert.Equal(key, same);
        Assert.Equal(key.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(key, new RowKey(Table.Links, new byte[] { 1, 2, 3 }));
        Assert.NotEqual(key, new RowKey(Table.Items, new byte[] { 1, 2, 4 }));
        Assert.NotEqual(key, new RowKey(Table.Items, new byte[] { 1, 2 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void An_id_of_another_length_is_a_callers_mistake(int size) =>
        Assert.Throws<ArgumentException>(() => new RowKey(Table.Items, new byte[size]));
}
